import { expect, test, vi } from 'vitest'
import { parseOptions } from './options.js'

test('without flags, everything has its default', () => {
  expect(parseOptions([])).toEqual({ demo: true, data: '.local', portBase: 7400 })
})

test('each flag is understood', () => {
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
])('a port base of %s is refused: %s', (base) => {
  const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  expect(parseOptions(['--port-base', base])).toEqual({ exitCode: 1 })
  expect(said.mock.calls.flat().join('')).toMatch(/must be a whole number from 1024 to 65514/)
  said.mockRestore()
})

test('help is not a start', () => {
  const said = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  expect(parseOptions(['--help'])).toEqual({ exitCode: 0 })
  expect(said.mock.calls.flat().join('')).toMatch(/--no-demo[\s\S]*--data[\s\S]*--port-base/)
  said.mockRestore()
})
