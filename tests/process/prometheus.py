"""A node as a Prometheus: what Grafana's data source asks it, every expression of the dashboard, and the same answers
as a real Prometheus gives for the same samples."""

import http.client
import http.server
import json
import math
import os
import re
import shutil
import threading
import time
import unittest
from pathlib import Path
from urllib.parse import urlencode

import mqtt
from processes import PATIENCE_S, SiteTest, wait_until

PROMETHEUS = os.environ.get("PERIGEE_PROMETHEUS") or shutil.which("prometheus")
DASHBOARD = Path(__file__).parents[2] / "packaging/grafana/perigee.json"
OPENMETRICS = "application/openmetrics-text"
MINUTES = 20
READING_EVERY_S = 15
# Away from every multiple of a second: Prometheus 2 counts a sample that lies on the begin of a range, 3 does not.
READING_PHASE_S = 3.137

QUERIES = r"""
oil_temp
oil_temp{device="press/1"}
oil_temp{device!~"press/[12]"} offset 2m
{__name__=~"oil_.*",device=~".+3"}
{metric="oil.temp"} @ end()
oil_temp[1m]
parts[90s] offset 1m
rate(parts[5m])
irate(parts[1m])
increase(parts[10m])
sum(rate(parts[2m])) by (line)
delta(oil_temp[3m])
idelta(oil_temp[1m])
deriv(oil_temp[5m])
predict_linear(oil_temp[5m], 600)
changes(running[10m])
resets(parts[20m])
avg_over_time(oil_temp[5m])
min_over_time(oil_temp[5m])
max_over_time(oil_temp[5m])
sum_over_time(oil_temp[5m])
count_over_time(oil_temp[5m])
last_over_time(oil_temp[30s])
stddev_over_time(oil_temp[5m])
stdvar_over_time(oil_temp[5m])
quantile_over_time(0.9, oil_temp[5m])
present_over_time(oil_temp[30s])
absent_over_time(oil_temp{device="none"}[5m])
absent(oil_temp{device="none",line="a"})
sum(oil_temp)
avg by (node) (oil_temp)
min without (device) (oil_temp)
count(oil_temp) by (metric)
stddev(oil_temp)
stdvar(oil_temp)
quantile(0.3, oil_temp)
topk(2, oil_temp)
bottomk(1, oil_temp) by (node)
group(oil_temp) by (device)
count_values("value", running)
abs(-oil_temp)
ceil(oil_temp / 7)
floor(oil_temp / 7)
round(oil_temp, 0.25)
clamp(oil_temp, 30, 50)
clamp_min(oil_temp, 45)
clamp_max(oil_temp, 45)
sqrt(oil_temp) + exp(running) - ln(oil_temp) * log2(oil_temp) / log10(oil_temp)
sgn(oil_temp - 45)
sin(oil_temp) + cos(oil_temp) - atan(oil_temp) + deg(oil_temp) - rad(oil_temp)
oil_temp > 45
oil_temp >= bool 45
45 < oil_temp
oil_temp % 10 ^ 2
-oil_temp ^ 2
oil_temp * on (device) running
oil_temp * on (device, node) group_left (metric) parts
parts / on (node) group_left () sum by (node) (parts)
sum by (node) (parts) - on (node) group_right () parts
oil_temp and on (device) running == 1
oil_temp unless on (device) running == 1
running == 1 or on (device) oil_temp
oil_temp == ignoring (metric) oil_temp
label_replace(oil_temp, "number", "$1", "device", "press/(.*)")
label_join(oil_temp, "both", "-", "node", "device")
time() - timestamp(oil_temp)
scalar(sum(oil_temp)) + time()
vector(1) + scalar(oil_temp)
hour() + minute() / 100
day_of_week(vector(time())) + day_of_month() + month() * 100 + year()
max_over_time(rate(parts[1m])[5m:30s])
avg_over_time(sum(oil_temp)[3m:])
sum(sum_over_time(oil_temp[1m])) / sum(count_over_time(oil_temp[1m]))
sort_desc(oil_temp)
rate(perigee_history_readings_total[10s])
sum by (lane) (perigee_journal_records_total)
histogram_quantile(0.9, sum by (le) (perigee_journal_sync_seconds_bucket))
histogram_quantile(0.5, rate(perigee_journal_sync_seconds_bucket[15s]))
process_resident_memory_bytes / 1024 / 1024
delta(process_cpu_seconds_total[5s])
oil_temp + on (node) oil_temp
{node="edge-1"} * 2
rate(oil_temp)
sum(
oil_temp{device=~"("}
label_replace(oil_temp, "0", "", "", "")
1 == 1
""".strip().split("\n")


def payload(device, number):
    """A press warms up and cools down, counts parts, is started again once, and one of them is away for a while."""
    fields = {"oil.temp": round(40 + device + 9 * math.sin(number / 7 + device), 2), "running": number % 9 != device}
    fields["parts"] = number * device if number < 30 or device != 2 else (number - 30) * device
    return fields


class Served:
    """One answer to every GET, as a Prometheus scrapes it."""

    def __init__(self, text):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = text.encode()
                self.send_response(200)
                self.send_header("Content-Type", f"{OPENMETRICS}; version=1.0.0; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Api:
    """Prometheus's HTTP API of whoever listens there."""

    def __init__(self, port, base):
        self.port, self.base = port, base

    def ask(self, path, method="GET", **parameters):
        form = urlencode(parameters, doseq=True)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        if method == "GET":
            connection.request("GET", f"{self.base}/api/v1/{path}?{form}")
        else:
            connection.request(method, f"{self.base}/api/v1/{path}", form,
                               {"Content-Type": "application/x-www-form-urlencoded"})
        answer = connection.getresponse()
        body = answer.read().decode()
        connection.close()
        return answer.status, json.loads(body) if body.startswith("{") else body

    def data(self, path, method="GET", **parameters):
        status, body = self.ask(path, method, **parameters)
        assert (status, body["status"]) == (200, "success"), (path, parameters, body)
        return body["data"]


class PrometheusTest(SiteTest):
    def setUp(self):
        super().setUp()
        self.edge = self.node("edge-1", more='[history]\nown_metrics_every = "1s"\n').start()
        self.api = Api(self.edge.api_port, "/prometheus")
        self.begin = int(time.time()) // READING_EVERY_S * READING_EVERY_S - MINUTES * 60
        self.count = 0
        self.publish_readings()

    def publish_readings(self):
        with mqtt.Client(self.edge.port, "presses") as client:
            for number in range(MINUTES * 60 // READING_EVERY_S):
                for device in (1, 2, 3):
                    if device == 3 and 20 <= number < 50:
                        continue
                    at_ms = round((self.begin + number * READING_EVERY_S + READING_PHASE_S) * 1000)
                    body = json.dumps({"ts": at_ms} | payload(device, number)).encode()
                    self.assertEqual(client.publish_and_wait(f"press/{device}", body), mqtt.SUCCESS)
                    self.count += 3
        self.edge.wait_for_metric("perigee_history_readings_total", self.count)

    def wait_for_own_samples(self, least):
        def enough():
            found = self.api.data("query", query="count_over_time(perigee_mqtt_received_total[1h])")["result"]
            return found and int(found[0]["value"][1]) >= least
        wait_until(f"the node has sampled itself {least} times", enough)


class GrafanaTest(PrometheusTest):
    """What the data source sends, in its order: the test of the connection, the builder's lists, a panel."""

    def test_the_requests_of_the_data_source(self):
        now = time.time()
        window = {"start": now - 3600, "end": now}
        self.assertEqual(self.api.data("query", query="1+1", time=4)["result"], [4, "2"])
        self.assertRegex(self.api.data("status/buildinfo")["version"], r"^\d+\.\d+\.\d+$")
        self.assertIn("device", self.api.data("labels", **window))
        self.assertIn("oil_temp", self.api.data("label/__name__/values", **window))
        pressed = self.api.data("label/device/values", **window, **{"match[]": 'oil_temp{node="edge-1"}'})
        self.assertEqual(pressed, ["press/1", "press/2", "press/3"])
        found = self.api.data("series", **window, **{"match[]": 'oil_temp{device="press/1"}'})
        self.assertEqual(found, [{"__name__": "oil_temp", "device": "press/1", "metric": "oil.temp", "node": "edge-1"}])
        self.assertEqual(self.api.data("metadata")["perigee_mqtt_received_total"][0]["type"], "counter")
        for method in ("GET", "POST"):
            shown = self.api.data("query_range", method, query='avg_over_time(oil_temp{device="press/1"}[1m])',
                                  **window, step=60)
            self.assertEqual(shown["resultType"], "matrix")
            self.assertGreater(len(shown["result"][0]["values"]), MINUTES - 3)

    def test_errors_are_those_of_prometheus(self):
        status, body = self.api.ask("query", query="rate(oil_temp)")
        self.assertEqual((status, body["status"], body["errorType"]), (400, "error", "bad_data"))
        self.assertIn("1:6: parse error", body["error"])
        status, body = self.api.ask("query_range", query="oil_temp", start=0, end=1e9, step=1)
        self.assertEqual((status, body["errorType"]), (400, "bad_data"))
        status, body = self.api.ask("query", query="oil_temp + on (node) oil_temp")
        self.assertEqual((status, body["errorType"]), (422, "execution"))
        status, body = self.api.ask("query", query="oil_temp", timeout="0.001ms")
        self.assertEqual((status, body["errorType"]), (400, "bad_data"))

    def test_every_expression_of_the_dashboard_is_answered(self):
        self.wait_for_own_samples(4)
        board = json.loads(DASHBOARD.read_text())
        chosen = {"$node": "edge-1", "$device": "press/1", "$metric": "oil.temp", "$__rate_interval": "1m",
                  "$__interval": "15s"}
        needs_a_link = re.compile("perigee_link_|perigee_quarantine_")
        asked = 0
        for panel in board["panels"]:
            for target in panel.get("targets", []):
                expression = target["expr"]
                for name, value in chosen.items():
                    expression = expression.replace(name, value)
                self.assertNotIn("$", expression)
                end = self.begin + MINUTES * 60 if "device=" in expression else time.time()
                found = self.api.data("query_range", query=expression, start=end - 300, end=end, step=15)
                asked += 1
                if not needs_a_link.search(expression):
                    self.assertTrue(found["result"], expression)
        self.assertGreater(asked, 20)
        for variable in board["templating"]["list"][1:]:
            self.assertRegex(variable["definition"], r"^label_values\(")

    def test_a_scraper_gets_the_format_that_it_asks_for(self):
        def scrape(accept):
            connection = http.client.HTTPConnection("127.0.0.1", self.edge.api_port, timeout=PATIENCE_S)
            connection.request("GET", "/metrics", headers={"Accept": accept} if accept else {})
            answer = connection.getresponse()
            body = answer.read().decode()
            connection.close()
            return answer.headers["Content-Type"], body
        kind, text = scrape(None)
        self.assertTrue(kind.startswith("text/plain; version=0.0.4"))
        self.assertIn('perigee_limit{name="promql_steps_max"} 11000\n', text)
        kind, text = scrape(f"{OPENMETRICS};version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3")
        self.assertTrue(kind.startswith(f"{OPENMETRICS}; version=1.0.0"))
        self.assertTrue(text.endswith("\n# EOF\n"))
        self.assertIn("# TYPE perigee_mqtt_received counter\n", text)


def same_number(a, b):
    x, y = float(a), float(b)
    return a == b or (math.isnan(x) and math.isnan(y)) or math.isclose(x, y, rel_tol=1e-9, abs_tol=1e-12)


def same_answer(ours, theirs):
    if ours["resultType"] != theirs["resultType"]:
        return False
    if ours["resultType"] in ("scalar", "string"):
        return same_number(ours["result"][1], theirs["result"][1])
    by_labels = [{json.dumps(each["metric"], sort_keys=True): each.get("values") or [each["value"]]
                  for each in data["result"]} for data in (ours, theirs)]
    if by_labels[0].keys() != by_labels[1].keys():
        return False
    return all(len(mine) == len(other) and all(m[0] == o[0] and same_number(m[1], o[1]) for m, o in zip(mine, other))
               for mine, other in ((by_labels[0][key], by_labels[1][key]) for key in by_labels[0]))


@unittest.skipUnless(PROMETHEUS, "no `prometheus` on this machine: Debian's package of that name has it")
class SameAsPrometheusTest(PrometheusTest):
    def openmetrics(self, matrix):
        """All samples of the node with their times, as one text to scrape."""
        lines = []
        for series in sorted(matrix, key=lambda each: each["metric"]["__name__"]):
            labels = dict(series["metric"])
            name = labels.pop("__name__")
            text = ",".join(f"{key}={json.dumps(value)}" for key, value in labels.items())
            lines += [f"{name}{{{text}}} {value} {at:.3f}\n" for at, value in series["values"]]
        return "".join(lines) + "# EOF\n"

    def start_prometheus(self, job, port, relabel="[]"):
        """One that scrapes what listens there, each second."""
        config = self.folder / "prometheus.yml"
        config.write_text(f"""
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs:
- job_name: {job}
  static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
  metric_relabel_configs: {relabel}
""")
        process = self.run_in_background("prometheus", [
            PROMETHEUS, f"--config.file={config}", f"--storage.tsdb.path={self.folder / 'tsdb'}",
            "--web.listen-address=127.0.0.1:0", "--log.level=info"])
        listens = re.compile(r"Listening on\W+address=127.0.0.1:(\d+)")
        found = wait_until("Prometheus listens", lambda: listens.search(process.err))
        api = Api(int(found[1]), "")
        wait_until("Prometheus is ready", lambda: api.ask("query", query="1")[0] == 200)
        return api

    def quiet_phase_ms(self, matrix):
        """Milliseconds of a second at which no sample was taken: ranges begin and end there."""
        taken = sorted({round(at * 1000) % 1000 for series in matrix for at, _ in series["values"]})
        gaps = [((b - a) % 1000 or 1000, a) for a, b in zip(taken, taken[1:] + taken[:1])]
        width, begin = max(gaps)
        return (begin + width // 2) % 1000

    def test_the_same_samples_give_the_same_answers(self):
        self.wait_for_own_samples(8)
        end = time.time()
        matrix = self.api.data("query", query='{node="edge-1"}[1h]', time=end)["result"]
        served = Served(self.openmetrics(matrix))
        self.addCleanup(served.close)
        theirs = self.start_prometheus("samples", served.port, '[{action: labeldrop, regex: "job|instance"}]')

        def all_there():
            return same_answer({"resultType": "matrix", "result": matrix},
                               theirs.data("query", query='{node="edge-1"}[1h]', time=end))
        wait_until("Prometheus has scraped all samples", all_there)
        instant = int(end) - 2 + self.quiet_phase_ms(matrix) / 1000
        differing = []
        for query in QUERIES:
            calls = [("query", {"time": instant}),
                     ("query_range", {"start": instant - 900, "end": instant, "step": 7})]
            for path, when in calls:
                mine = self.api.ask(path, query=query, **when)
                other = theirs.ask(path, query=query, **when)
                if mine[0] != other[0] or mine[1]["status"] != other[1]["status"]:
                    differing.append((path, query, mine, other))
                elif mine[0] == 200 and not same_answer(mine[1]["data"], other[1]["data"]):
                    differing.append((path, query, mine[1]["data"], other[1]["data"]))
                elif mine[0] != 200 and mine[1]["errorType"] != other[1]["errorType"]:
                    differing.append((path, query, mine[1], other[1]))
        self.assertGreaterEqual(len(QUERIES), 50)
        self.assertFalse(differing, "\n".join(str(each)[:400] for each in differing))

    def test_it_scrapes_what_the_node_keeps_of_itself(self):
        self.wait_for_own_samples(2)
        theirs = self.start_prometheus("node", self.edge.api_port)

        def scraped():
            return theirs.data("query", query='sum_over_time(up{job="node"}[1m])')["result"]
        wait_until("Prometheus has scraped the node", lambda: scraped() and int(scraped()[0]["value"][1]) > 1)

        def names(data):
            left_out = {"job", "instance", "node"}
            return {json.dumps({k: v for k, v in each.items() if k not in left_out}, sort_keys=True) for each in data}
        match = {"match[]": '{__name__=~"perigee_.*|process_.*",__name__!="perigee_limit"}'}
        mine = names(self.api.data("series", **match))
        self.assertEqual(names(theirs.data("series", **match)), mine)
        self.assertGreater(len(mine), 100)
        limits = theirs.data("query", query='perigee_limit{name="promql_steps_max"}')["result"]
        self.assertEqual(limits[0]["value"][1], "11000")
        kinds = theirs.data("metadata", metric="perigee_mqtt_received")
        kinds = kinds or theirs.data("metadata", metric="perigee_mqtt_received_total")
        self.assertEqual([each[0]["type"] for each in kinds.values()], ["counter"])


if __name__ == "__main__":
    unittest.main()
