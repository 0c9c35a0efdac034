// @ts-check
// The house's own rules, as an oxlint plugin.
import layers from './rule-layers.js'
import names from './rule-names.js'
import noDefaultExport from './rule-no-default-export.js'
import noModuleState from './rule-no-module-state.js'
import noSelectStar from './rule-no-select-star.js'
import verbGuards from './rule-verb-guards.js'

export default {
  meta: { name: 'gyre' },
  rules: {
    layers,
    names,
    'no-default-export': noDefaultExport,
    'no-module-state': noModuleState,
    'no-select-star': noSelectStar,
    'verb-guards': verbGuards,
  },
}
