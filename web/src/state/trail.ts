/** The last minutes of a series for a small trend: the least and the greatest of each short step. Never grows. */
export class Trail {
  static readonly stepMs = 2_000;
  static readonly steps = 150;

  private readonly low = new Float32Array(Trail.steps).fill(NaN);
  private readonly high = new Float32Array(Trail.steps).fill(NaN);
  private newest = -Infinity; // the number of the newest step since the epoch
  /** How many readings came from the history: with the first ones there is more to draw. */
  filled = 0;

  /** Takes a reading; one from before all that is kept is left out. */
  add(timeMs: number, value: number): void {
    const step = Math.floor(timeMs / Trail.stepMs);
    if (step <= this.newest - Trail.steps) return;
    this.advance(step);
    const at = step % Trail.steps;
    if (!(this.low[at]! <= value)) this.low[at] = value;
    if (!(this.high[at]! >= value)) this.high[at] = value;
  }

  /** Takes a reading of the past, from the history: never moves the trail on. */
  fillIn(timeMs: number, value: number): void {
    if (Math.floor(timeMs / Trail.stepMs) > this.newest) return;
    this.add(timeMs, value);
    this.filled++;
  }

  private advance(step: number): void {
    if (step <= this.newest) return;
    const empty = Math.min(step - this.newest, Trail.steps);
    for (let i = 0; i < empty; i++) this.low[(step - i) % Trail.steps] = this.high[(step - i) % Trail.steps] = NaN;
    this.newest = step;
  }

  /** Visits the steps up to `nowMs` that hold a reading, oldest first; `age` counts steps back from now. */
  visit(nowMs: number, seen: (age: number, low: number, high: number) => void): void {
    const now = Math.floor(nowMs / Trail.stepMs);
    const first = Math.max(now, this.newest) - Trail.steps + 1;
    for (let step = first; step <= this.newest; step++) {
      const at = ((step % Trail.steps) + Trail.steps) % Trail.steps;
      const low = this.low[at]!;
      if (step > this.newest - Trail.steps && !Number.isNaN(low)) seen(now - step, low, this.high[at]!);
    }
  }
}
