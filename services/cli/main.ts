#!/usr/bin/env node
import { createRequire } from 'node:module'
import { Command } from 'commander'
import { z } from 'zod'
import { checkClickHouseTls, clickhouseConfig } from '../runtime/clickhouse.js'
import { ConfigError, readConfig } from '../runtime/env.js'
import { checkProducing, producingConfig } from '../runtime/kafka/producing.js'
import { checkKafkaSecurity, kafkaSecurityConfig } from '../runtime/kafka/security.js'
import { countsCommand } from './commands/counts.js'
import { deadLettersCommand } from './commands/dead_letters.js'
import { emitCommand } from './commands/emit.js'
import { exportCommand } from './commands/export.js'
import { forwardCommand } from './commands/forward.js'
import { keyCommand } from './commands/key.js'
import { listCommand } from './commands/list.js'
import { retentionCommand } from './commands/retention.js'
import { signInCommand } from './commands/sign_in.js'
import { signInsCommand } from './commands/sign_ins.js'
import { sqlCommand } from './commands/sql.js'
import { statusCommand } from './commands/status.js'
import { tailCommand } from './commands/tail.js'
import { tokenCommand } from './commands/token.js'
import { valuesCommand } from './commands/values.js'
import { CliError } from './errors.js'
import { findStackFile, stackOption } from './stack_file.js'

/**
 * Read when a command needs Kafka: where brokers want TLS or a login, the environment says how, as for the services. So
 * it does for what commands write.
 */
const kafkaSecurity = () => readConfig(z.object(kafkaSecurityConfig).superRefine(checkKafkaSecurity), process.env)
const kafkaProducing = () =>
  readConfig(
    z
      .object({ ...kafkaSecurityConfig, ...producingConfig })
      .superRefine(checkKafkaSecurity)
      .superRefine(checkProducing),
    process.env,
  )

/** Where the environment names a database, it is used in place of the stack file's. */
const database = () =>
  process.env.CLICKHOUSE_URL
    ? readConfig(z.object(clickhouseConfig).superRefine(checkClickHouseTls), process.env)
    : undefined

const program = new Command('gatelog')
  .description('Works with a running Gatelog.')
  .version((createRequire(import.meta.url)('#package') as { version: string }).version)
  .addOption(stackOption())
  .addCommand(statusCommand())
  .addCommand(tokenCommand())
  .addCommand(keyCommand())
  .addCommand(listCommand())
  .addCommand(countsCommand())
  .addCommand(valuesCommand())
  .addCommand(signInsCommand())
  .addCommand(signInCommand())
  .addCommand(tailCommand())
  .addCommand(forwardCommand(kafkaProducing))
  .addCommand(exportCommand())
  .addCommand(sqlCommand())
  .addCommand(emitCommand(kafkaProducing))
  .addCommand(deadLettersCommand(kafkaSecurity))
  .addCommand(retentionCommand(database))
  .showHelpAfterError('(use --help for help)')
  // `--stack` may stand before the command or after it.
  .hook('preAction', (program, command) => {
    const stack = program.opts<{ stack?: string }>().stack ?? command.opts<{ stack?: string }>().stack
    command.setOptionValue('stack', stack ?? findStackFile(process.cwd(), process.env))
  })

try {
  await program.parseAsync()
} catch (error) {
  const { message } = error as Error
  const isWhole = error instanceof CliError || error instanceof ConfigError
  process.stderr.write(`gatelog: ${isWhole ? message : (message.split('\n')[0] as string)}\n`)
  process.exitCode = 1
}
