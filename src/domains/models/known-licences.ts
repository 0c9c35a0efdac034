/** Words that only this licence has, in the order in which they are looked for. */
const texts: readonly (readonly [licence: string, words: RegExp])[] = [
  ['AGPL-3.0', /gnu affero general public license\s+version 3/],
  ['LGPL-3.0', /gnu lesser general public license\s+version 3/],
  ['LGPL-2.1', /gnu lesser general public license\s+version 2\.1/],
  ['GPL-3.0', /gnu general public license\s+version 3/],
  ['GPL-2.0', /gnu general public license\s+version 2/],
  ['Apache-2.0', /apache license\s+version 2\.0/],
  ['MPL-2.0', /mozilla public license,? version 2\.0/],
  ['EPL-2.0', /eclipse public license - v 2\.0/],
  ['CC0-1.0', /cc0 1\.0 universal/],
  ['CC-BY-NC-4.0', /attribution-noncommercial 4\.0/],
  ['CC-BY-SA-4.0', /attribution-sharealike 4\.0/],
  ['CC-BY-4.0', /attribution 4\.0 international/],
  ['BSL-1.0', /boost software license - version 1\.0/],
  ['Unlicense', /this is free and unencumbered software released into the public domain/],
  ['ISC', /permission to use, copy, modify, and\/or distribute this software/],
  ['MIT', /permission is hereby granted, free of charge, to any person obtaining a copy/],
  ['BSD-3-Clause', /redistribution and use in source and binary forms[\s\S]*neither the name/],
  ['BSD-2-Clause', /redistribution and use in source and binary forms/],
]

/** Which licence a text is, as SPDX calls it; null: none of those that are known here. Pure. */
export function licenceOfText(text: string): string | null {
  const tagged = /SPDX-License-Identifier:\s*([\w.+() -]+)/.exec(text)?.[1]?.trim()
  if (tagged !== undefined && tagged !== '') return tagged
  const plain = text.toLowerCase().replaceAll(/\s+/g, ' ')
  return texts.find(([, words]) => words.test(plain))?.[0] ?? null
}

/** What the projects themselves say, by the names that PyPI and npm have for them. */
const libraries: Readonly<Record<string, readonly string[]>> = {
  'Apache-2.0': [
    'accelerate',
    'datasets',
    'huggingface-hub',
    'jax',
    'keras',
    'mlflow',
    'mlflow-skinny',
    'opencv-python',
    'pyarrow',
    'requests',
    'safetensors',
    'sentence-transformers',
    'statsforecast',
    'tensorflow',
    'tokenizers',
    'transformers',
    'xgboost',
    'catboost',
  ],
  'BSD-3-Clause': [
    'cloudpickle',
    'joblib',
    'numpy',
    'pandas',
    'psutil',
    'scikit-learn',
    'scipy',
    'statsmodels',
    'threadpoolctl',
    'torch',
    'torchvision',
  ],
  MIT: ['lightgbm', 'onnxruntime', 'onnxruntime-node', 'polars', 'prophet', 'pyyaml', 'shap'],
}
const byLibrary = new Map(
  Object.entries(libraries).flatMap(([licence, names]) =>
    names.map((name) => [name, licence] as const),
  ),
)

/** The licence of a widely used library; null: not known here. Pure. */
export function licenceOfLibrary(name: string): string | null {
  // PyPI takes these for the same name.
  return byLibrary.get(name.toLowerCase().replaceAll(/[_.-]+/g, '-')) ?? null
}
