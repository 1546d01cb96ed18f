#pragma once
// `perigee provision`: docs/provisioning.md.

#include "cli/command.hpp"

namespace perigee::cli {

exit_code run_provision(const invocation& called);
exit_code run_provision_template(const invocation& called);
exit_code run_provision_template_add(const invocation& called);
exit_code run_provision_template_ls(const invocation& called);
exit_code run_provision_template_show(const invocation& called);
exit_code run_provision_template_rm(const invocation& called);
exit_code run_provision_claim(const invocation& called);

}  // namespace perigee::cli
