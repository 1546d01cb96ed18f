#include "cli/command.hpp"

int main(int argc, char** argv) { return perigee::cli::run_command_line(perigee::cli::commands(), argc, argv); }
