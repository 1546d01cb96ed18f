#pragma once
// What the broker needs of the rest of the node. Implemented over the journal (journal_log.hpp), by the node, and by
// tests.

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/function_ref.hpp"
#include "base/id.hpp"
#include "base/time.hpp"
#include "doors/mqtt/access_port.hpp"
#include "journal/lane_log.hpp"
#include "journal/lineage.hpp"
#include "journal/message_reader.hpp"
#include "model/record.hpp"
#include "wire/mqtt/packet.hpp"

namespace perigee::doors::mqtt {

/// Both clocks at one instant: deadlines count on the first, messages carry the second.
struct moment {
  clock::time_point mono;
  timestamp wall;
};

using journal::place;

/// The log as the broker sees it. Owned by the node; on the broker's shard; outlives the broker.
class log_port {
 public:
  struct read_request {
    model::lane lane = model::lane::bulk;
    place from{};
    std::size_t bytes_max = 0;            // about; at least one record is read
    std::size_t messages_max = SIZE_MAX;  // about: the read ends behind the record that reaches it
    /// Asked for the topics in a batch, which is passed over where none is wanted. Nothing: all are.
    std::optional<function_ref<bool(std::string_view topic)>> wanted = std::nullopt;
  };
  /// False stops: the record has not been taken and is where the next read starts.
  using visitor = function_ref<bool(place, const model::record_view&)>;

  virtual ~log_port() = default;
  /// journal::append: errc::duplicate, errc::full, errc::no_space, errc::too_large store nothing.
  [[nodiscard]] virtual result<log_offset> append(const model::record_view& r) = 0;
  /// The same for a record that nobody waits for: it shares a later commit, at the latest that of `commit_staged`.
  [[nodiscard]] virtual result<log_offset> stage(const model::record_view& r) { return append(r); }
  virtual void commit_staged() {}
  /// A record of this lane may be acknowledged as soon as it is staged: its durability is `memory`.
  [[nodiscard]] virtual bool acknowledges_at_once(model::lane) const { return false; }
  /// Publishers are not read while it is crowded, for what comes past the whole is refused, and lost where it came with
  /// QoS 0. So that one of them alone does not stop the others, whoever sent much is not while it is filling.
  [[nodiscard]] virtual journal::staging_level staging() const { return journal::staging_level::low; }
  /// One past the last record appended, acknowledgeable, and readable.
  [[nodiscard]] virtual log_offset staged(model::lane l) const = 0;
  [[nodiscard]] virtual log_offset acknowledged(model::lane l) const = 0;
  [[nodiscard]] virtual log_offset committed(model::lane l) const = 0;
  /// Whose offsets these are. Places kept over a restart hold as far as it says.
  [[nodiscard]] virtual const journal::lineage& lives() const = 0;
  /// Visits committed messages in order. Answers where to go on.
  [[nodiscard]] virtual result<place> read(const read_request& what, visitor visit) = 0;
};

/// Who is at the other end of a connection. Views last for the call.
struct client_identity {
  std::string_view client_id;
  std::string_view name;     // its certificate's, or user_prefix and the user's; empty: anonymous
  std::string_view address;  // "127.0.0.1:53124"
};

/// The answer to one message: a code at once, or when a record is safe.
struct answer {
  struct commit_point {
    model::lane lane = model::lane::bulk;
    log_offset offset{};
  };

  wire::mqtt::reason code = wire::mqtt::reason::success;
  std::optional<commit_point> after{};  // wait until acknowledged(lane) is past it
  std::uint64_t after_revision = 0;     // and until the broker's state of this revision is saved
};

/// Topics that belong to Perigee itself (`$perigee/...`, `$aws/...`): they are not stored and routed like a user's.
/// Implemented by the node, which knows who serves them; on the broker's shard; outlives the broker.
class internal_port {
 public:
  virtual ~internal_port() = default;
  /// Whether on_message takes messages on this topic, which starts with `$`. What nobody wants is refused.
  [[nodiscard]] virtual bool wants(std::string_view topic) const = 0;
  [[nodiscard]] virtual answer on_message(const client_identity& from, const wire::mqtt::publish& message,
                                          timestamp now) = 0;
  /// Asked for filters that start with `$`.
  [[nodiscard]] virtual bool may_subscribe(const client_identity& who, std::string_view filter) const = 0;
};

/// Whoever moves a connection's bytes.
class transport {
 public:
  virtual ~transport() = default;
  /// There is output, or reading may go on. Called once until the link's output is taken.
  virtual void wake() = 0;
};

/// Whoever runs the broker.
class broker_host {
 public:
  virtual ~broker_host() = default;
  /// Call broker::work soon, after other things had their turn.
  virtual void work_waits() = 0;
  /// A record is staged that nobody waits for: call log_port::commit_staged in a few milliseconds.
  virtual void commit_waits() {}
  /// An answer waits for broker::on_saved: save soon.
  virtual void state_waits() = 0;
};

}  // namespace perigee::doors::mqtt
