/** A notice that was not taken. `code` is for the incident and the log; `lasting`: to try again is of no use. */
export class Untaken extends Error {
  readonly code: string;
  readonly lasting: boolean;

  constructor(code: string, lasting: boolean) {
    super(`The notice was not taken: ${code}.`);
    this.code = code;
    this.lasting = lasting;
  }
}
