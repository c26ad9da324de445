#!/usr/bin/env node
import { Command } from 'commander'
import { deadLettersCommand } from './commands/dead_letters.js'
import { emitCommand } from './commands/emit.js'
import { exportCommand } from './commands/export.js'
import { tailCommand } from './commands/tail.js'
import { tokenCommand } from './commands/token.js'
import { CliError } from './errors.js'

const program = new Command('gatelog')
  .description('Works with a running Gatelog.')
  .addCommand(tokenCommand())
  .addCommand(emitCommand())
  .addCommand(exportCommand())
  .addCommand(tailCommand())
  .addCommand(deadLettersCommand())
  .showHelpAfterError('(use --help for help)')

try {
  await program.parseAsync()
} catch (error) {
  const { message } = error as Error
  process.stderr.write(`gatelog: ${error instanceof CliError ? message : (message.split('\n')[0] as string)}\n`)
  process.exitCode = 1
}
