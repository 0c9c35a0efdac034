// @ts-check
import { launch } from '../bin/launch.js'
import { setUp } from './setup.js'

setUp()
launch(['up', '--demo', ...process.argv.slice(2)])
