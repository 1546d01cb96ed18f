import { zoomed } from "./span";

export interface Bounds {
  from: number; // ms since the epoch
  to: number;
}
export type ChangeBounds = (to: Bounds) => void;
type CurrentBounds = () => Bounds | undefined;
type TimeAt = (clientX: number) => number | undefined;

/** The wheel zooms about the pointer while Ctrl is held (as a pinch on a touchpad does), and moves with Shift or
 * sideways. Alone it scrolls the page: a chart must not catch who is on the way past it. */
export function listenForWheel(host: HTMLElement, current: CurrentBounds, timeAt: TimeAt, change: ChangeBounds): void {
  host.addEventListener(
    "wheel",
    (event) => {
      const bounds = current();
      const sideways = event.deltaX || (event.shiftKey ? event.deltaY : 0);
      if (!bounds || (!event.ctrlKey && !sideways)) return;
      event.preventDefault();
      if (event.ctrlKey) return change(zoomed(bounds, Math.exp(event.deltaY / 300), timeAt(event.clientX)));
      change(shifted(bounds, ((bounds.to - bounds.from) * sideways) / host.clientWidth));
    },
    { passive: false },
  );
}

/** One finger moves, two zoom; Shift and the mouse's button move too. */
export function listenForTouch(host: HTMLElement, current: CurrentBounds, timeAt: TimeAt, change: ChangeBounds): void {
  const held = new Map<number, number>(); // where each pointer is
  const mayHold = (event: PointerEvent) => event.pointerType === "touch" || event.shiftKey;
  host.addEventListener(
    "pointerdown",
    (event) => {
      if (!mayHold(event)) return;
      held.set(event.pointerId, event.clientX);
      host.setPointerCapture(event.pointerId);
    },
    { capture: true },
  );
  host.addEventListener("pointermove", (event) => {
    const before = held.get(event.pointerId);
    const bounds = current();
    if (before === undefined || !bounds) return;
    const other = [...held].find(([id]) => id !== event.pointerId)?.[1];
    held.set(event.pointerId, event.clientX);
    if (other === undefined) {
      change(shifted(bounds, ((before - event.clientX) / host.clientWidth) * (bounds.to - bounds.from)));
    } else {
      const factor = Math.abs(before - other) / Math.max(1, Math.abs(event.clientX - other));
      change(zoomed(bounds, factor, timeAt((event.clientX + other) / 2)));
    }
  });
  const release = (event: PointerEvent) => held.delete(event.pointerId);
  host.addEventListener("pointerup", release);
  host.addEventListener("pointercancel", release);
  // uPlot selects with the mouse: not while it moves.
  host.addEventListener("mousedown", (event) => event.shiftKey && event.stopPropagation(), { capture: true });
}

const shifted = ({ from, to }: Bounds, by: number): Bounds => ({
  from: Math.round(from + by),
  to: Math.round(to + by),
});
