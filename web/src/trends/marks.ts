import type uPlot from "uplot";
import type { Alarm, History } from "../api/types";
import type { themeColors } from "./pens";

type Colors = ReturnType<typeof themeColors>;

const hatchDistance = 7;

/** Hatches the stretches in which readings are known to be lost. */
export function drawGaps(u: uPlot, histories: History[], colors: Colors): void {
  const { left, top, width, height } = u.bbox;
  const pen = u.ctx;
  for (const gap of histories.flatMap((history) => history.gaps)) {
    const from = Math.max(left, u.valToPos(gap.from / 1000, "x", true));
    const to = Math.min(left + width, u.valToPos(gap.to / 1000, "x", true));
    if (to < left || from > left + width) continue;
    const wide = Math.max(to - from, 2 * devicePixelRatio); // a short one is seen too
    pen.save();
    pen.beginPath();
    pen.rect(from, top, wide, height);
    pen.clip();
    pen.strokeStyle = colors.muted;
    pen.globalAlpha = 0.5;
    pen.lineWidth = devicePixelRatio;
    pen.beginPath();
    for (let x = from - height; x < from + wide; x += hatchDistance * devicePixelRatio) {
      pen.moveTo(x, top + height);
      pen.lineTo(x + height, top);
    }
    pen.stroke();
    pen.restore();
  }
}

/** A line where an alarm was raised, with its severity as a figure above. */
export function drawAlarms(u: uPlot, alarms: Alarm[], colors: Colors): void {
  const { left, top, width, height } = u.bbox;
  const pen = u.ctx;
  const size = 16 * devicePixelRatio;
  pen.save();
  pen.font = `bold ${11 * devicePixelRatio}px system-ui, sans-serif`;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  for (const alarm of alarms) {
    const x = u.valToPos(Date.parse(alarm.raised) / 1000, "x", true);
    if (x < left || x > left + width) continue;
    const color = colors.severity[alarm.severity - 1]!;
    pen.strokeStyle = pen.fillStyle = color;
    pen.lineWidth = 1.5 * devicePixelRatio;
    pen.beginPath();
    pen.moveTo(x, top);
    pen.lineTo(x, top + height);
    pen.stroke();
    pen.fillRect(x - size / 2, top, size, size);
    pen.fillStyle = alarm.severity === 1 || alarm.severity === 4 ? "#fff" : "#000";
    pen.fillText(String(alarm.severity), x, top + size / 2 + devicePixelRatio);
  }
  pen.restore();
}
