import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isProxied, isRelative, isWithin, parseAddress } from './address.ts'

test('an address is within a root by whole parts, however it is escaped', () => {
  const root = 'mlflow-artifacts:/1/abc/artifacts'
  assert.ok(isWithin('mlflow-artifacts:/1/abc/artifacts/model', root))
  assert.ok(isWithin('mlflow-artifacts:/1/abc/artifacts', root))
  assert.ok(isWithin('mlflow-artifacts:/1/%61bc/artifacts/model', root))
  assert.ok(!isWithin('mlflow-artifacts:/1/abc/artifacts2', root))
  assert.ok(!isWithin('mlflow-artifacts:/1/abc', root))
  assert.ok(!isWithin('s3:/1/abc/artifacts/model', root))
  assert.ok(!isWithin('mlflow-artifacts://else/1/abc/artifacts', root))
  assert.ok(!isWithin('mlflow-artifacts:/1/abc/artifacts', 'mlflow-artifacts:/'))
})

test('what climbs is seen through every layer of escapes', () => {
  const climbing = [
    'mlflow-artifacts://host:5000/../../../x',
    'http://host/api/2.0/mlflow-artifacts/artifacts/../../x',
    's3://bucket/models/path/../../other',
    'mlflow-artifacts:/..%2f..%2fx',
    'mlflow-artifacts:/%252e%252e/x',
    'http://host/api/2.0/mlflow-artifacts/artifacts%00',
    's3://bucket/a/./b',
    '/models/artifacts/../../../',
  ]
  for (const text of climbing) assert.ok(isRelative(text), text)
  for (const text of ['s3://bucket/a..b/c', 'runs:/abc/model', 'mlflow-artifacts:/1/a b/é']) {
    assert.ok(!isRelative(text), text)
  }
})

test('the store of a tracking server is known by scheme and by route', () => {
  const proxied = (text: string) => isProxied(parseAddress(text))
  assert.ok(proxied('mlflow-artifacts:/1/abc'))
  assert.ok(proxied('https://host/prefix/api/2.0/mlflow-artifacts/artifacts/1/abc'))
  assert.ok(!proxied('https://host/files/api/2.0/other'))
})
