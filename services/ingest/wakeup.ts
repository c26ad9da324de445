/** A sleep that can end early. */
export class Wakeup {
  #end: () => void = () => undefined

  /** Resolves after `milliseconds` (undefined: never) with false, or with true when `wake` is called. */
  async sleep(milliseconds: number | undefined): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined
    const woken = await new Promise<boolean>((resolve) => {
      this.#end = () => resolve(true)
      if (milliseconds !== undefined) timer = setTimeout(() => resolve(false), milliseconds)
    })
    clearTimeout(timer)
    return woken
  }

  /** Ends the current sleep; does nothing when there is none. */
  wake(): void {
    this.#end()
  }
}
