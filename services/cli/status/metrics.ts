/**
 * The values of one metric, one for each combination of its labels.
 *
 * @param text the text format of Prometheus, version 0.0.4, as `/metrics` answers
 */
export function readings(text: string, name: string): readonly number[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .map((line) => Number(line.slice(line.lastIndexOf(' ') + 1)))
}
