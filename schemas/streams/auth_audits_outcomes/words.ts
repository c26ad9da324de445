/** The patterns of a list, separated by a comma and a blank. */
export function words(list: string): readonly string[] {
  return list.split(', ')
}
