/** What a service says about a request that it refuses, as one sentence for the user. */
export async function refusalOf(response: Response): Promise<string> {
  const text = await response.text()
  try {
    const { detail, error_code } = JSON.parse(text) as { detail?: string; error_code?: string }
    if (detail !== undefined) return `${detail} (${error_code})`
  } catch {
    // Not a response of Gatelog.
  }
  return `The server answered ${response.status}, and it is not a response of Gatelog.`
}
