#pragma once
// The tables that the headers of a rule set declare, each once however many rules name it.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/detail/header.hpp"
#include "rules/detail/table.hpp"
#include "rules/rule_set.hpp"

namespace perigee::rules::detail {

struct table_plan {
  table_header declared;
  std::vector<table_column> columns;
  std::optional<file_rows> file;  // without one rules write the rows
  std::uint64_t identity = 0;     // of its name and columns: what was kept is of this table and no other
  bool broken = false;            // reported; nothing is known of its columns

  [[nodiscard]] const std::string& name() const { return declared.name.text; }
};

/// Filled while rules are compiled, then handed to the engine.
class table_list {
 public:
  explicit table_list(table_files files) : files_(files) {}

  /// The place of the table. Nothing where it was reported that it cannot be one.
  std::optional<std::uint32_t> declare(const table_header& as, problems& wrong);
  [[nodiscard]] const table_plan& at(std::uint32_t place) const { return plans_[place]; }
  [[nodiscard]] std::vector<table_plan> take() { return std::move(plans_); }

 private:
  void read(table_plan& into, problems& wrong);

  table_files files_;
  std::vector<table_plan> plans_;
};

}  // namespace perigee::rules::detail
