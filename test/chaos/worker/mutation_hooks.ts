import type { LoadFnOutput, LoadHookContext } from 'node:module'
import type { Mutation } from './mutations.js'

/** Node.js calls these functions in a thread of its own, because a worker was started with `mutationArguments`. */
let mutation: Mutation | undefined

export function initialize(data: Mutation): void {
  mutation = data
}

export async function load(
  url: string,
  context: LoadHookContext,
  nextLoad: (url: string, context: LoadHookContext) => Promise<LoadFnOutput>,
): Promise<LoadFnOutput> {
  const loaded = await nextLoad(url, context)
  if (mutation === undefined || !url.endsWith(`/${mutation.module}`)) return loaded
  const { from, to } = mutation
  return { ...loaded, source: String(loaded.source).replace(from, () => to) }
}
