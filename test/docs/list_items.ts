/** The text below a heading of the second level, without its subheadings' `##`. */
export function section(page: string, heading: string): string {
  return page.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
}

/** The items of a text's lists, each on one line: a page wraps its lines. */
export function listItems(text: string): readonly string[] {
  return [...text.matchAll(/^- (.*(?:\n {2}.*)*)/gm)].map(([, item = '']) => item.replace(/\n {2,}/g, ' '))
}
