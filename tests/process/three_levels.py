"""edge → fog → region → cloud: three uplinks in a row, cut, killed, and one end restored from a backup."""

import json
import shutil
import signal
import sqlite3
import unittest

import mqtt
from counted_site import CountedSite
from processes import wait_until


class ThreeLevels(CountedSite):
    levels = ("fog-1", "region-1")

    def test_the_middle_is_killed_and_falls_silent_and_every_reading_arrives_once(self):
        fog, region = self.between
        self.wait_for_more()
        region.kill()
        fog.kill()
        fog.start()
        wait_until("a backlog waits at the fog", lambda: self.waiting(fog) >= 5)  # batches
        region.start()
        self.wait_for_more()
        fog.process.popen.send_signal(signal.SIGSTOP)  # its links stay open and say nothing
        wait_until("a backlog waits at the edge", lambda: self.waiting(self.edge) > 100)
        fog.process.popen.send_signal(signal.SIGCONT)
        self.kill_in_turns(region, fog)
        self.assertEqual(self.readings_stored_well(), self.readings_in_ledger())

    @staticmethod
    def waiting(node):
        return node.status()["link"]["records_waiting"]

    def test_an_edge_that_was_restored_from_a_backup_loses_and_doubles_nothing(self):
        fog, _ = self.between
        self.wait_for_more()
        self.edge.stop()
        backup = self.edge.folder / "backup"
        shutil.copytree(self.edge.data, backup)
        self.edge.start()
        self.wait_for_more()
        self.empty_and_stop(self.edge)
        shutil.rmtree(self.edge.data)
        shutil.move(backup, self.edge.data)
        self.edge.start()
        fog.wait_for_metric("perigee_children_forks_total", 1)
        self.wait_for_more()
        self.drain()
        self.readings_stored_well()
        self.assertEqual(fog.metric("perigee_children_forks_total"), 1)
        self.assertEqual(self.alarm_at(fog)["key"], "edge-1")
        self.cloud.stop()
        self.assertEqual(self.motor_readings(), self.readings_in_ledger())

    def empty_and_stop(self, edge):
        """Without its sensors, so that nothing new comes, until nothing waits."""
        with_sensors, edge.more = edge.more, self.uplink_to(self.edges_parent)
        edge.stop()
        edge.start()
        wait_until(f"{edge.name} has nothing to send", lambda: self.is_drained(edge))
        edge.stop()
        edge.more = with_sensors

    @staticmethod
    def alarm_at(node):
        with mqtt.Client(node.port, "operator") as operator:
            operator.subscribe("alarm/uplink/edge-1")
            return json.loads(operator.read_message()[1])

    def motor_readings(self):
        """Without those that the alarm counts as."""
        with sqlite3.connect(self.cloud.data / "history.db") as history:
            return history.execute("SELECT sum(count) FROM chunk JOIN series ON series.id = chunk.series"
                                   " WHERE device LIKE '%motor%'").fetchone()[0]


if __name__ == "__main__":
    unittest.main()
