/** Of every metric that is ours. */
export const prefix = 'gyre_'
