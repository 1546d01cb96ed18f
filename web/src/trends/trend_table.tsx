import type { Gap, History } from "../api/types";
import { numeric, Table } from "../components/parts";
import { formatFineMoment, formatMoment, formatNumber } from "../format";
import { texts } from "../texts";
import { formatUnit } from "../units";
import { tableRows } from "./join";
import type { Pen } from "./pens";

const rowsMax = 500;
const words = texts.trends;

const headOf = (pen: Pen, history: History) => pen.label + (history.unit ? `, ${formatUnit(history.unit)}` : "");

const gapText = (gap: Gap | null) => (gap ? words.gapOf(gap.readings, gap.reason) : words.noReadings);

/** The chart's data as a table, for who cannot see a chart and for who wants the figures. */
export function TrendTable({ pens, histories }: { pens: Pen[]; histories: History[] }) {
  const rows = tableRows(histories);
  const shown = rows.slice(0, rowsMax);
  const isFine = histories.some((history) => (history.step_ms ?? 0) < 1_000);
  return (
    <>
      <p class="note">{words.tableOf(shown.length, rows.length)}</p>
      <Table
        label={words.table}
        class="trend-table"
        head={[words.time, ...pens.map((pen, i) => numeric(headOf(pen, histories[i]!)))]}
      >
        {shown.map((row) =>
          row.kind === "gap" ? (
            <tr key={`gap ${row.of} ${row.from}`} class="gap">
              <th scope="row">{`${formatMoment(row.from)} – ${formatMoment(row.to)}`}</th>
              <td colSpan={pens.length}>{`${pens[row.of]!.label}: ${gapText(row.gap)}`}</td>
            </tr>
          ) : (
            <tr key={row.time}>
              <th scope="row">{isFine ? formatFineMoment(row.time) : formatMoment(row.time)}</th>
              {row.steps.map((step) => (
                <td class="number">
                  {step?.mean == null ? texts.format.none : formatNumber(step.mean)}
                  {step?.least != null && step.greatest != null && (
                    <span class="note">{` ${formatNumber(step.least)} … ${formatNumber(step.greatest)}`}</span>
                  )}
                </td>
              ))}
            </tr>
          ),
        )}
      </Table>
    </>
  );
}

const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;

/** The whole of it for a spreadsheet (RFC 4180), oldest first. */
export function csvOf(pens: Pen[], histories: History[]): string {
  const kinds = [words.mean, words.least, words.greatest];
  const head = [
    words.time,
    ...pens.flatMap((pen, i) => kinds.map((kind) => quoted(`${headOf(pen, histories[i]!)} ${kind}`))),
    words.gap,
  ];
  const lines = tableRows(histories)
    .reverse()
    .map((row) =>
      row.kind === "gap"
        ? [new Date(row.from).toISOString(), ...pens.flatMap(() => ["", "", ""]), quoted(gapText(row.gap))]
        : [
            new Date(row.time).toISOString(),
            ...row.steps.flatMap((step) => [step?.mean ?? "", step?.least ?? "", step?.greatest ?? ""]),
            "",
          ],
    );
  return [head, ...lines].map((line) => `${line.join(",")}\r\n`).join("");
}

/** Hands it to the browser as a file. */
export function download(csv: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([csv], { type: "text/csv" }));
  link.download = "trend.csv";
  link.click();
  URL.revokeObjectURL(link.href);
}
