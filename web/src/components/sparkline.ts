import { nodeNow } from "../state/clock";
import { shownTheme } from "../state/preferences";
import { Trail } from "../state/trail";

const gapSteps = 8; // 16 s: a device that sends every ten seconds still gives a line

/** A small trend of the last minutes. Sizes and colours are remembered: asking the browser for them with each stroke
 * would make it lay the page out each time. */
export class Sparkline {
  private drawn = ""; // what of the trail, and in which colours
  private ink = "";
  private inkTheme = "";
  private shown: Trail | undefined;
  private readonly observer: ResizeObserver;

  constructor(private readonly canvas: HTMLCanvasElement) {
    this.observer = new ResizeObserver(([entry]) => {
      if (!entry) return;
      canvas.width = Math.round(entry.contentRect.width * devicePixelRatio);
      canvas.height = Math.round(entry.contentRect.height * devicePixelRatio);
      this.drawn = "";
      if (this.shown) this.draw(this.shown, nodeNow());
    });
    this.observer.observe(canvas);
  }

  close(): void {
    this.observer.disconnect();
  }

  /** Draws once for each step of the trail; in between there is nothing new to see. */
  draw(trail: Trail, nowMs: number): void {
    this.shown = trail;
    const state = `${Math.floor(nowMs / Trail.stepMs)} ${trail.filled} ${shownTheme.value}`;
    if (state === this.drawn) return;
    this.drawn = state;
    if (this.inkTheme !== shownTheme.value) {
      this.inkTheme = shownTheme.value;
      this.ink = getComputedStyle(this.canvas).color;
    }
    const pen = this.canvas.getContext("2d");
    if (!pen || this.canvas.width === 0) return;
    pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
    pen.strokeStyle = this.ink;
    pen.lineWidth = 1.25 * devicePixelRatio;
    drawTrail(pen, trail, nowMs, this.canvas.width, this.canvas.height);
  }
}

/** A stretch without readings stays empty. */
function drawTrail(pen: CanvasRenderingContext2D, trail: Trail, nowMs: number, width: number, height: number): void {
  let least = Infinity;
  let greatest = -Infinity;
  trail.visit(nowMs, (_age, low, high) => {
    least = Math.min(least, low);
    greatest = Math.max(greatest, high);
  });
  if (least > greatest) return;
  const margin = 2 * devicePixelRatio;
  const perUnit = greatest > least ? (height - 2 * margin) / (greatest - least) : 0;
  const x = (age: number) => width - margin - (age / Trail.steps) * (width - margin);
  const y = (v: number) => (perUnit ? height - margin - (v - least) * perUnit : height / 2);
  let before = NaN;
  pen.beginPath();
  trail.visit(nowMs, (age, low, high) => {
    // From the middle of one step to that of the next; what moved within a step is a stroke.
    const middle = y((low + high) / 2);
    if (before - age <= gapSteps) pen.lineTo(x(age), middle);
    else pen.moveTo(x(age), middle);
    pen.lineTo(x(age), y(low));
    pen.lineTo(x(age), y(high));
    before = age;
  });
  pen.stroke();
}
