#!/usr/bin/env node
// @ts-check
import { launch } from './launch.js'

launch(process.argv.slice(2))
