#pragma once
// The way to a TPM 2.0: the kernel's device, or a software TPM behind a socket for tests.

#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/error.hpp"

namespace perigee::io {

/// One command and its answer after another. Blocks while the TPM works, which takes seconds where it makes an RSA
/// key: for commands, or one worker. One thread at a time. What was loaded stays loaded when it goes, unless the
/// kernel's resource manager is between.
class tpm_device {
 public:
  virtual ~tpm_device() = default;
  /// The bytes of the answer. errc::timed_out, errc::closed; errc::malformed where an answer is none.
  [[nodiscard]] virtual result<byte_buffer> transact(byte_view command) = 0;

  /// As the TPM2 Software Stack names them: "device:/dev/tpmrm0", "swtpm:path=/run/tpm.sock",
  /// "swtpm:host=127.0.0.1,port=2321" (an IPv4 address). Empty: the first. errc::malformed for another form;
  /// errc::not_found where there is none.
  [[nodiscard]] static result<std::unique_ptr<tpm_device>> open(std::string_view name);
};

}  // namespace perigee::io
