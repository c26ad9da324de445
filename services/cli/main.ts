#!/usr/bin/env node
import { Command } from 'commander'
import { z } from 'zod'
import { readConfig } from '../runtime/env.js'
import { checkKafkaSecurity, kafkaSecurityConfig } from '../runtime/kafka/security.js'
import { deadLettersCommand } from './commands/dead_letters.js'
import { emitCommand } from './commands/emit.js'
import { exportCommand } from './commands/export.js'
import { tailCommand } from './commands/tail.js'
import { tokenCommand } from './commands/token.js'
import { CliError } from './errors.js'

/**
 * Read when a command needs Kafka: where brokers want TLS or a login, the environment says how, as for the services.
 */
const kafkaSecurity = () => readConfig(z.object(kafkaSecurityConfig).superRefine(checkKafkaSecurity), process.env)

const program = new Command('gatelog')
  .description('Works with a running Gatelog.')
  .addCommand(tokenCommand())
  .addCommand(emitCommand(kafkaSecurity))
  .addCommand(exportCommand())
  .addCommand(tailCommand())
  .addCommand(deadLettersCommand(kafkaSecurity))
  .showHelpAfterError('(use --help for help)')

try {
  await program.parseAsync()
} catch (error) {
  const { message } = error as Error
  process.stderr.write(`gatelog: ${error instanceof CliError ? message : (message.split('\n')[0] as string)}\n`)
  process.exitCode = 1
}
