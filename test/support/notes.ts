// Hears over HTTP what a test in workerd has to tell, to be printed once all have run.
import { FakeServer } from "./fake-server.ts";
import { jsonAnswer, type Answer } from "./fault.ts";

export class Notes extends FakeServer {
  protected override answer(): Answer {
    return jsonAnswer(200, null);
  }

  /** Prints each text that was posted. */
  print(): void {
    for (const { body } of this.requests) console.log(String(body));
  }
}
