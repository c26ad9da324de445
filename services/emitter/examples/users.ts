/** A user whose password was right. */
export interface User {
  readonly id: string
  readonly orgId: string
}

/** The program's directory of users. */
export interface Users {
  verify(name: string, password: string): Promise<User | undefined>
}
