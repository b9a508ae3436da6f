/** What is kept of a password. */
export interface PasswordHash {
  /** How it was made, and at what cost, for a person. */
  readonly scheme: string;
  /** As it stands in the file. */
  readonly text: string;
  matches(password: string): Promise<boolean>;
}
