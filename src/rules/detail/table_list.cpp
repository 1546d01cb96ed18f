#include "rules/detail/table_list.hpp"

#include <algorithm>
#include <format>

#include "base/rules_limits.hpp"
#include "crypto/digest.hpp"

namespace perigee::rules::detail {
namespace {

/// Beside the rule's own file.
std::string path_of(std::string_view rule_file, std::string_view name) {
  const auto folder = rule_file.substr(0, rule_file.rfind('/') + 1);
  return std::string(folder) + std::string(name);
}

bool is_beside(std::string_view name) { return !name.empty() && name.front() != '/' && !name.contains(".."); }

std::uint64_t identity_of(const table_header& of) {
  byte_buffer whole;
  byte_writer to(whole);
  to.sized(of.name.text);
  to.sized(of.key);
  for (const auto& column : of.columns) to.sized(column);
  const auto digest = crypto::digest(crypto::digest_kind::sha256, whole);
  return byte_reader(digest).u64();
}

bool same(const table_header& a, const table_header& b) {
  const auto file_of = [](const table_header& h) { return h.file ? h.file->text : std::string(); };
  return file_of(a) == file_of(b) && a.key == b.key && a.columns == b.columns && a.separator == b.separator &&
         a.ttl == b.ttl;
}

}  // namespace

std::optional<std::uint32_t> table_list::declare(const table_header& as, problems& wrong) {
  const auto found = std::ranges::find(plans_, as.name.text, &table_plan::name);
  if (found != plans_.end()) {
    if (!same(found->declared, as)) {
      wrong.add(as.name.where(), "P0232",
                std::format("another rule declares the table '{}' in another way", as.name.text),
                "declare it alike in every rule that names it, or give one of them another name");
      return std::nullopt;
    }
    return static_cast<std::uint32_t>(found - plans_.begin());
  }
  if (plans_.size() == limits::rule_tables_max) {
    wrong.add(as.name.where(), "P0212", std::format("more than {} tables", limits::rule_tables_max));
    return std::nullopt;
  }
  auto& made = plans_.emplace_back(as);
  made.identity = identity_of(as);
  if (as.file) {
    read(made, wrong);
  } else {
    made.columns.push_back({as.key, value_type::any, false});
    for (const auto& column : as.columns) made.columns.push_back({column});
  }
  return static_cast<std::uint32_t>(plans_.size() - 1);
}

void table_list::read(table_plan& into, problems& wrong) {
  into.broken = true;
  const auto& file = *into.declared.file;
  if (!is_beside(file.text)) {
    return wrong.add(file.where(), "P0216", "'file' is a file beside the rule, such as \"machines.csv\"");
  }
  const auto path = path_of(wrong.source().file, file.text);
  const auto text = files_(path);
  if (!text) {
    return wrong.add(file.where(), "P0234", std::format("{} cannot be read: {}", path, text.error().text()));
  }
  auto contents = file_rows::read({path, *text}, {into.declared.key, into.declared.separator});
  if (!contents) return wrong.add_all(std::move(contents).error());
  into.columns = std::move(contents->columns);
  into.file = std::move(contents->rows);
  into.broken = false;
}

}  // namespace perigee::rules::detail
