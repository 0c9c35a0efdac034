import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { GyreError } from '#kernel/errors'
import { readS3Settings } from './aws-settings.ts'

const home = mkdtempSync(join(tmpdir(), 'gyre-aws-'))
after(() => rmSync(home, { recursive: true }))
mkdirSync(join(home, '.aws'))
writeFileSync(
  join(home, '.aws', 'credentials'),
  `[default]\naws_access_key_id = D\naws_secret_access_key = d=/+\n
[team]\naws_access_key_id=T\naws_secret_access_key=t\naws_session_token=s\n`,
)
writeFileSync(
  join(home, '.aws', 'config'),
  `[default]\nregion = eu-west-1\n[profile team]\nregion = eu-north-1\ns3 =\n    addressing_style = path\nendpoint_url = http://minio:9000/\n`,
)

function settings(options: Record<string, string>, environment: Record<string, string> = {}) {
  const { url = 's3://bucket/some/prefix/', ...others } = options
  const remote = { name: 'r', url, options: new Map(Object.entries(others)) }
  return readS3Settings(remote, { HOME: home, ...environment })
}

const keys = (accessKeyId: string, secretAccessKey: string, sessionToken?: string) => {
  return { accessKeyId, secretAccessKey, sessionToken }
}

describe('settings of a bucket', () => {
  it('come from the default profile when nothing else is said', () => {
    const { address, credentials, headers } = settings({})
    assert.deepEqual(address, {
      bucket: 'bucket',
      prefix: 'some/prefix',
      endpoint: undefined,
      region: 'eu-west-1',
    })
    assert.deepEqual(credentials, keys('D', 'd=/+'))
    assert.deepEqual(headers, {})
  })

  it('come from the profile that is named, with its region and endpoint', () => {
    for (const found of [settings({ profile: 'team' }), settings({}, { AWS_PROFILE: 'team' })]) {
      assert.deepEqual(found.credentials, keys('T', 't', 's'))
      assert.equal(found.address.region, 'eu-north-1')
      assert.equal(found.address.endpoint, 'http://minio:9000')
    }
  })

  it('of the remote win over the environment, and that over the default profile', () => {
    const environment = { AWS_ACCESS_KEY_ID: 'E', AWS_SECRET_ACCESS_KEY: 'e', AWS_REGION: 'x-1' }
    assert.deepEqual(settings({}, environment).credentials, keys('E', 'e'))
    assert.equal(settings({}, environment).address.region, 'x-1')
    assert.deepEqual(settings({ profile: 'team' }, environment).credentials, keys('T', 't', 's'))
    const own = { access_key_id: 'O', secret_access_key: 'o', region: 'y-2', acl: 'private' }
    const found = settings({ ...own, endpointurl: 'http://127.0.0.1:9000' }, environment)
    assert.deepEqual(found.credentials, keys('O', 'o'))
    assert.equal(found.address.region, 'y-2')
    assert.equal(found.address.endpoint, 'http://127.0.0.1:9000')
    assert.deepEqual(found.headers, { 'x-amz-acl': 'private' })
  })

  it('may say that nobody signs, and are refused where they lack something', () => {
    assert.equal(settings({ allow_anonymous_login: 'true' }).credentials, undefined)
    const refusals: [Record<string, string>, Record<string, string>, RegExp][] = [
      [{}, { HOME: '/nowhere' }, /access_key_id.*AWS_ACCESS_KEY_ID/],
      [{ profile: 'absent' }, {}, /profile "absent"/],
      [{ url: 's3://' }, {}, /s3:\/\/BUCKET/],
      [{ sse_customer_key: 'k' }, {}, /only dvc knows/],
    ]
    for (const [options, environment, message] of refusals) {
      assert.throws(
        () => settings(options, environment),
        (thrown) => thrown instanceof GyreError && message.test(thrown.public),
      )
    }
  })
})
