import { expect, test, vi } from 'vitest'
import { parseOptions } from './options.js'

test('without options, all have their defaults', () => {
  expect(parseOptions([])).toEqual({ demo: true, data: '.local', portBase: 7400 })
})

test('each option is parsed', () => {
  expect(parseOptions(['--no-demo', '--data', '/srv/trail', '--port-base', '9000'])).toEqual({
    demo: false,
    data: '/srv/trail',
    portBase: 9000,
  })
})

test.each([
  ['80', 'too low'],
  ['65515', 'too high for the last port'],
  ['7400x', 'not a number'],
  ['-7400', 'negative'],
])('a port base of %s is rejected: %s', (base) => {
  const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  expect(parseOptions(['--port-base', base])).toEqual({ exitCode: 1 })
  expect(written.mock.calls.flat().join('')).toMatch(/must be a whole number from 1024 to 65514/)
  written.mockRestore()
})

test.each(['', ' '])('a data folder of %j is rejected', (data) => {
  const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  expect(parseOptions(['--data', data])).toEqual({ exitCode: 1 })
  expect(written.mock.calls.flat().join('')).toMatch(/--data.*It must name a folder/)
  written.mockRestore()
})

test('--help starts nothing', () => {
  const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  expect(parseOptions(['--help'])).toEqual({ exitCode: 0 })
  expect(written.mock.calls.flat().join('')).toMatch(/--no-demo[\s\S]*--data[\s\S]*--port-base/)
  written.mockRestore()
})
