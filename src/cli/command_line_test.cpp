#include <gtest/gtest.h>

#include <array>
#include <set>

#include "cli/command.hpp"

namespace perigee::cli {
namespace {

std::string called;  // what the last command was called with

exit_code note(const invocation& with) {
  called = with.text("file").value_or("-") + (with.json() ? " json" : "") + " " + with.text("--for").value_or("-");
  for (const auto& each : with.all("file")) called += "|" + each;
  for (const auto& each : with.all("--set")) called += "&" + each;
  return exit_code::unavailable;
}
exit_code note_below(const invocation& with) {
  called = "below " + with.text("node").value_or("-") + with.text("then").value_or("");
  return exit_code::ok;
}

constexpr argument note_arguments[] = {{"file", "FILE", "files", presence::many},
                                       {"--json", "", "as JSON", presence::optional},
                                       {"--for", "TIME", "how long", presence::optional},
                                       {"--set", "K=V", "again and again", presence::any}};
constexpr argument below_arguments[] = {{"node", "NODE", "which", presence::optional},
                                        {"then", "WHAT", "and then", presence::optional}};
constexpr command table[] = {{"note", "notes", note_arguments, note},
                             {"demo", "a demo", {}, note_below},
                             {"demo cut", "cuts", below_arguments, note_below}};

int call(std::vector<const char*> words) {
  called.clear();
  words.insert(words.begin(), "perigee");
  return run_command_line(table, static_cast<int>(words.size()), words.data());
}

TEST(command_line, arguments_reach_the_command_and_its_code_comes_back) {
  EXPECT_EQ(call({"note", "a.toml", "b.toml", "--json", "--for", "60s"}), 69);
  EXPECT_EQ(called, "a.toml json 60s|a.toml|b.toml");
  EXPECT_EQ(call({"note", "a.toml"}), 69);
  EXPECT_EQ(called, "a.toml -|a.toml");
}

TEST(command_line, an_option_that_may_come_again_takes_one_value_each_time) {
  EXPECT_EQ(call({"note", "--set", "a=1", "a.toml", "--set", "b=2"}), 69);
  EXPECT_EQ(called, "a.toml -|a.toml&a=1&b=2");
}

TEST(command_line, commands_below_commands) {
  EXPECT_EQ(call({"demo"}), 0);
  EXPECT_EQ(called, "below -");
  EXPECT_EQ(call({"demo", "cut", "fog"}), 0);
  EXPECT_EQ(called, "below fog");
  EXPECT_EQ(call({"demo", "cut", "fog", ", then heal"}), 0);
  EXPECT_EQ(called, "below fog, then heal");
}

TEST(command_line, a_wrong_call_is_said_and_runs_nothing) {
  const std::vector<std::pair<std::vector<const char*>, std::string>> wrong = {
      {{"nota"}, "there is no command 'nota'; did you mean 'note'?"},
      {{"note"}, "file is required"},
      {{"note", "a", "--jsn"}, "'--jsn' means nothing to `perigee note`; did you mean '--json'?"},
      {{"demo", "cutt"}, "'cutt' means nothing to `perigee demo`; did you mean 'cut'?"},
      {{}, "Computation"},
  };
  for (const auto& [words, said] : wrong) {
    testing::internal::CaptureStderr();
    EXPECT_EQ(call(words), 64);
    const auto text = testing::internal::GetCapturedStderr();
    EXPECT_TRUE(text.contains(said)) << text;
    EXPECT_EQ(called, "");
  }
}

TEST(command_line, help_goes_to_stdout_and_names_every_command) {
  testing::internal::CaptureStdout();
  EXPECT_EQ(call({"--help"}), 0);
  const auto text = testing::internal::GetCapturedStdout();
  EXPECT_TRUE(text.contains("note"));
  EXPECT_TRUE(text.contains("a demo"));
}

TEST(commands, names_are_unique_and_say_what_they_do) {
  std::set<std::string_view> names;
  for (const auto& one : commands()) {
    EXPECT_TRUE(names.insert(one.name).second) << one.name;
    EXPECT_FALSE(one.summary.empty());
    EXPECT_NE(one.run, nullptr);
  }
}

TEST(explain, every_code_once_and_help_for_the_rest) {
  const auto explain = [](const char* code) {
    const std::array<const char*, 3> words = {"perigee", "explain", code};
    return run_command_line(commands(), 3, words.data());
  };
  testing::internal::CaptureStdout();
  for (const auto* code : {"P0102", "P0205", "P0401", "config"}) EXPECT_EQ(explain(code), 0) << code;
  EXPECT_TRUE(testing::internal::GetCapturedStdout().contains("unknown function"));
  testing::internal::CaptureStderr();
  EXPECT_EQ(explain("P9999"), 64);
  EXPECT_TRUE(testing::internal::GetCapturedStderr().contains("there is no code"));
}

}  // namespace
}  // namespace perigee::cli
