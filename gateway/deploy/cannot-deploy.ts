// Why a deploy stops, in words for the person who started it.

/** Its message is all that is shown; anything else that is thrown is a defect and shows its stack. */
export class CannotDeploy extends Error {
  override readonly name = "CannotDeploy";
}
