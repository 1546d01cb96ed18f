#pragma once
// Outcomes of tests in the XML that JUnit made common and every CI server reads.

#include <span>
#include <string>
#include <vector>

#include "rules/test_file.hpp"

namespace perigee::cli {

struct tested_file {
  std::string file;
  std::vector<rules::test_outcome> outcomes;
};

/// A <testsuite> for each file. What XML cannot say is written as '?'.
[[nodiscard]] std::string junit_text(std::span<const tested_file> files);

}  // namespace perigee::cli
