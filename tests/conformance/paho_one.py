"""One test of Eclipse's interoperability suites, in a process of its own: paho_one.py FOLDER SUITE TEST PORT.

The suites keep their broker and topics in globals that they set when they run as programs; here they are set from
outside, because one of the two programs does not take a port.
"""

import importlib
import sys
import unittest

folder, name, test, port = sys.argv[1:]
sys.path.insert(0, folder)
suite = importlib.import_module(name)
suite.host, suite.port = "localhost", int(port)
suite.topics = ("TopicA", "TopicA/B", "Topic/C", "TopicA/C", "/TopicA")
suite.wildtopics = ("TopicA/+", "+/C", "#", "/#", "/+", "+/+", "TopicA/#")
suite.nosubscribe_topics = ("test/nosubscribe",)
suite.topic_prefix = ""
result = unittest.TextTestRunner(verbosity=2).run(unittest.TestSuite([suite.Test(test)]))  # with its class set up
sys.exit(0 if result.wasSuccessful() and result.testsRun == 1 else 1)
