#include "cli/journal_place.hpp"

#include <format>

#include "cli/console.hpp"
#include "io/file.hpp"
#include "node/config.hpp"

namespace perigee::cli {

std::expected<journal_place, exit_code> find_journal(const invocation& called, std::string_view command,
                                                     std::string_view file) {
  if (const auto data = called.text("--data")) {
    const bool is_journal = io::real_disk().open(*data + "/journal.id", io::open_mode::read).has_value();
    return journal_place{is_journal ? *data : *data + "/journal", "", {}};
  }
  const auto chosen = called.text(file);
  if (!chosen) {
    complain(std::format("perigee {}: which one? a configuration FILE, or --data DIR\n", command));
    return std::unexpected(exit_code::usage);
  }
  const auto loaded = node::load_config(*chosen);
  if (!loaded) {
    complain(render_all(loaded.error()));
    return std::unexpected(exit_code::config);
  }
  return journal_place{loaded->data + "/journal", loaded->node_id, loaded->journal.keys};
}

}  // namespace perigee::cli
