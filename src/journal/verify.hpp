#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/function_ref.hpp"
#include "base/id.hpp"
#include "io/file.hpp"
#include "model/record.hpp"

namespace perigee::journal {

/// What a finding means for the promise that nothing acknowledged is lost.
enum class severity {
  note,    // nothing: a torn tail was never acknowledged
  known,   // records that are gone for good, which a repair has accepted
  damage,  // stored records are gone, or something that guards them is
};
[[nodiscard]] std::string_view name_of(severity s);

struct finding {
  severity how = severity::damage;
  std::string_view kind;  // "damaged records": stable, to act on
  std::string file;       // below the journal's folder
  std::uint64_t at = 0;   // where in the file, and
  std::uint64_t bytes = 0;
  std::optional<model::lane> lane{};
  std::optional<log_offset> segment{};  // in which it was found: what a repair writes anew
  log_offset first{};                   // the records that are gone: from first to one before end
  log_offset end{};
  std::string meaning;  // a sentence

  [[nodiscard]] std::uint64_t records() const { return end.value() - first.value(); }
};

struct verification {
  std::uint64_t segments = 0;
  std::uint64_t records = 0;  // that verify
  std::uint64_t bytes = 0;    // read
  std::uint64_t notes = 0;
  std::uint64_t known = 0;
  std::uint64_t damages = 0;
  std::uint64_t records_gone = 0;
};

struct verify_listener {
  std::function<void(const finding&)> found;
  std::function<void(std::uint64_t bytes, std::uint64_t of)> read = {};  // now and then; may be empty
};

/// Reads every byte of every segment, and the cursors and the identity: CRCs, that offsets follow each other, that
/// headers agree with their place. Changes nothing and takes no lock; beside a running node a tail that is being
/// written is no damage. The memory it takes does not depend on the size of the journal. errc::not_found where the
/// folder holds no journal, errc::unsupported for a newer version's.
[[nodiscard]] result<verification> verify(io::disk& disk, const std::string& folder, const verify_listener& listener);

}  // namespace perigee::journal
