// A deadline that never comes.
import { patientDeadline } from "../../support/patient.ts";

export const unhurried = patientDeadline(15_000, new AbortController().signal);
