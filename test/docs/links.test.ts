import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const pages = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], { cwd: root })
  .toString()
  .split('\n')
  .filter((page) => page !== '' && existsSync(join(root, page)))

function read(page: string): string {
  return readFileSync(join(root, page), 'utf8').replace(/```.*?```/gs, '')
}

/** The fragments that GitHub gives a page's headings. */
function fragments(page: string): readonly string[] {
  return [...read(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_\- ]/gu, '')
      .replaceAll(' ', '-'),
  )
}

function brokenLinks(page: string): readonly string[] {
  return [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = '']) => {
    if (/^[a-z]+:/.test(link)) return []
    const [path, fragment] = link.split('#')
    const target = path ? normalize(join(dirname(page), path)) : page
    if (!existsSync(join(root, target))) return [link]
    return fragment === undefined || fragments(target).includes(fragment) ? [] : [link]
  })
}

it.each(pages)('every link of %s leads to a file of this repository, and to a heading of it', (page) => {
  expect(brokenLinks(page)).toEqual([])
})

it('finds pages', () => {
  expect(pages).toContain('docs/README.md')
})
