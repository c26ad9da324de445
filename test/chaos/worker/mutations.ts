import { readFileSync } from 'node:fs'

/** A change to one place of a module. */
export interface Mutation {
  /** The compiled module's path. */
  readonly module: string
  readonly from: string
  readonly to: string
}

/** The safeguards that lie where no context reaches: the self-test changes the code of its workers as they load it. */
export const mutations = {
  /** Records of aborted transactions are stored. */
  aborted: {
    module: 'services/ingest/fetch/aborted_transactions.js',
    from: 'aborting.has(producerId);',
    to: 'false;',
  },
  /** kafkajs's own filter: at most one transaction begins with a batch. */
  overlapping_aborted: {
    module: 'services/ingest/fetch/aborted_transactions.js',
    from: 'while (upcoming[0]',
    to: 'if (upcoming[0]',
  },
  /** One of Kafka's codecs is unknown. */
  codec: {
    module: 'services/ingest/fetch/codecs/index.js',
    from: '[4, zstd],',
    to: '',
  },
  /** All dead letters of a range go to Kafka in one batch. */
  letters_split: {
    module: 'services/runtime/kafka/batch_sender.js',
    from: 'const BATCH_BYTES = 512 * 1024;',
    to: 'const BATCH_BYTES = Number.POSITIVE_INFINITY; isTooLarge = () => false;',
  },
  /** A halted partition never tries again. */
  halted_retry: {
    module: 'services/ingest/partition/partition_worker.js',
    from: 'await this.#pauseAfter(error);',
    to: 'await this.#pauseAfter(error); await new Promise(() => undefined);',
  },
} as const satisfies Record<string, Mutation>

export type MutationName = keyof typeof mutations

export function isMutation(name: string): name is MutationName {
  return name in mutations
}

/**
 * The arguments with which Node.js starts a worker whose code is changed.
 *
 * @throws {Error} when the module does not have the place to change
 */
export function mutationArguments(name: MutationName): string[] {
  const { module, from } = mutations[name]
  const places = readFileSync(new URL(`../../../${module}`, import.meta.url), 'utf8').split(from).length - 1
  if (places !== 1) throw new Error(`${module} has "${from}" ${places} times: change the mutation ${name} with it.`)
  const hooks = JSON.stringify(new URL('./mutation_hooks.js', import.meta.url).href)
  const data = JSON.stringify({ data: mutations[name] })
  const program = `import { register } from 'node:module'; register(${hooks}, ${data})`
  return ['--import', `data:text/javascript,${encodeURIComponent(program)}`]
}
