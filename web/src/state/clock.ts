// Ages are told by the node's clock, not by that of the tablet in somebody's hand.

const worthCorrecting = 2_000; // the Date header has whole seconds

let ahead = 0; // of the node's clock before this one, in milliseconds

/** Hears a Date header. */
export function hearNodeTime(date: string | null): void {
  const told = date ? Date.parse(date) : NaN;
  if (Number.isNaN(told)) return;
  const difference = told + 500 - Date.now();
  ahead = Math.abs(difference) > worthCorrecting ? difference : 0;
}

/** Milliseconds since the epoch by the node's clock, as far as it is known. */
export const nodeNow = (): number => Date.now() + ahead;
