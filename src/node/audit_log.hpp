#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/dispatcher.hpp"
#include "io/file.hpp"
#include "io/worker.hpp"

namespace perigee::node {

/// Who changed what through the API, and who was refused: docs/formats/audit.md. Of both the newest
/// limits::http_audit_entries_max entries are in memory, about the newest two times limits::http_audit_bytes_max on
/// disk; so those who are refused again and again do not wash away what was done. Owned by the node, on its shard;
/// written on the worker, which outlives it.
class audit_log final : public api::audit_port {
 public:
  struct entry {
    std::uint64_t id = 0;
    timestamp at;
    std::string who;
    std::string from;  // address
    std::string what;
    std::string of;
    unsigned status = 0;
    std::string reason{};     // why it was refused: "csrf"
    std::uint64_t times = 1;  // that it was
  };

  /// Goes on behind what is there. What of it cannot be read is left out.
  [[nodiscard]] static result<std::unique_ptr<audit_log>> open(io::disk& on, io::worker& by, const std::string& folder);

  void record(const api::deed& done) override;
  void record(const api::refusal& told) override;
  /// Both, the newest first: at most `most`, older than the entry `before`.
  [[nodiscard]] std::vector<const entry*> newest(std::size_t most, std::uint64_t before = UINT64_MAX) const;

 private:
  struct writer;
  /// The newest entries of one kind, and where they are written.
  struct book {
    std::shared_ptr<writer> to;   // of the worker; a job may outlive this
    std::deque<entry> entries{};  // the oldest first
  };
  explicit audit_log(io::worker& by) : worker_(by) {}
  [[nodiscard]] result<> open_book(io::disk& on, const std::string& folder, std::string_view name, book& into);
  void keep(entry e, book& in);
  void write(entry e, book& in);

  io::worker& worker_;
  std::uint64_t last_id_ = 0;
  book done_;
  book refused_;
};

/// GET /api/v1/audit
[[nodiscard]] api::routes audit_routes(const audit_log& log);

}  // namespace perigee::node
