/** The name among `names` that is most similar to `given`; undefined if none is similar enough. */
export function nearest(given: string, names: readonly string[]): string | undefined {
  const word = given.slice(0, 64).toLowerCase()
  const ranked = names
    .map((name) => ({ name, distance: name.startsWith(word) && word.length > 2 ? 0 : distance(word, name) }))
    .sort((a, b) => a.distance - b.distance)
  const best = ranked[0]
  return best !== undefined && best.distance <= Math.max(1, Math.floor(word.length / 3)) ? best.name : undefined
}

/** The Levenshtein distance: how many insertions, deletions and replacements turn `a` into `b`. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const substituted = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(substituted, (row[j] as number) + 1, (next[j - 1] as number) + 1))
    }
    row = next
  }
  return row[b.length] as number
}
