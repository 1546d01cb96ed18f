#include "cli/command.hpp"
#include "io/shard.hpp"

int main(int argc, char** argv) {
  perigee::io::install_real_clock();
  return perigee::cli::run_command_line(perigee::cli::commands(), argc, argv);
}
