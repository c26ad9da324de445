import { Command } from 'commander'
import { type AccessOptions, withAccess } from '../api/access.js'
import { openApi } from '../api/ask.js'
import { isColored, print } from '../print/output.js'
import { painted, paintOf } from '../print/paint.js'
import { plain } from '../print/plain.js'
import { type ApiRecord, recordColumns } from '../print/record_lines.js'

interface SignIn {
  readonly trace_id: string
  readonly session?: string
  readonly outcome: string
  readonly started_at: string
  readonly duration_ms: number
  readonly failed_at?: { readonly event_id: string }
  readonly stages: readonly ApiRecord[]
  readonly read_on?: string
  readonly afterwards: Readonly<
    Record<string, { readonly records: readonly ApiRecord[]; readonly read_on?: string } | undefined>
  >
}

export function signInCommand(): Command {
  return withAccess(
    new Command('sign-in')
      .description(
        'Prints the stages of one sign-in: its outcome, which stage failed, and what the session did afterwards.',
      )
      .argument('<trace_id>', 'the trace_id of its records')
      .option('--json', 'print the answer of the API'),
  )
    .addHelpText(
      'after',
      `
  gatelog sign-in $(gatelog list outcome=failure --limit 100 --json | jq -r 'select(.trace_id).trace_id' | head -1)`,
    )
    .action(async (traceId: string, options: AccessOptions & { readonly json?: boolean }) => {
      const ask = await openApi(options)
      const signIn = await ask<SignIn>(`sign_ins/${encodeURIComponent(traceId)}`)
      await print(
        options.json === true
          ? `${JSON.stringify(signIn, undefined, 2)}\n`
          : `${linesOf(signIn, isColored()).join('\n')}\n`,
      )
    })
}

/** A sign-in for people: its outcome, its stages with the time between them, and what followed. */
export function linesOf(signIn: SignIn, colored: boolean): readonly string[] {
  const { outcome, started_at, duration_ms, session, stages, failed_at, afterwards } = signIn
  const { line, widen } = recordColumns('auth_audits', colored)
  widen(stages)
  const lines = [
    `sign-in  ${plain(signIn.trace_id)}`,
    `outcome  ${painted(plain(outcome), paintOf(outcome), colored)}`,
    `began    ${plain(started_at)}, took ${seconds(duration_ms)}`,
    ...(session === undefined ? [] : [`session  ${plain(session)}`]),
    '',
    ...stages.map((stage) => {
      const wait = typeof stage.ms_since_previous === 'number' ? `+${seconds(stage.ms_since_previous)}` : ''
      return `${stage.event_id === failed_at?.event_id ? '✗' : ' '} ${wait.padStart(10)}  ${line(stage)}`
    }),
    ...(signIn.read_on === undefined ? [] : [`more stages: ${plain(signIn.read_on)}`]),
  ]
  for (const [stream, followed] of Object.entries(afterwards)) {
    if (followed === undefined || followed.records.length === 0) continue
    const later = recordColumns(stream, colored)
    later.widen(followed.records)
    lines.push('', `afterwards, ${stream}:`, ...followed.records.map((record) => `  ${later.line(record)}`))
    if (followed.read_on !== undefined) lines.push(`  more: ${plain(followed.read_on)}`)
  }
  return lines
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1_000).toLocaleString('en', { minimumFractionDigits: 3, maximumFractionDigits: 3 })} s`
}
