#include "config/completion.h"

#include <vector>

#include "config/command_line.h"
#include "config/ctl_request.h"
#include "config/option_table.h"

namespace appserver::config {
namespace {

constexpr std::string_view kSubCommands = "check completion ctl new";

bool takes_value(const OptionRow& row) {
  return !std::holds_alternative<FlagField>(row.field);
}

// An option of either kind.
struct Word {
  std::string name;  // "--workers"
  std::string help;
  bool takes_value = false;
};

std::vector<Word> options() {
  std::vector<Word> words;
  for (const OptionRow& row : option_table()) {
    if (!row.positional) {
      words.push_back({"--" + std::string(row.name), std::string(row.help), takes_value(row)});
    }
  }
  for (const GeneralOption& general : general_options()) {
    words.push_back(
        {"--" + std::string(general.name), std::string(general.help), general.asked == nullptr});
  }
  return words;
}

std::string names_of(std::span<const CtlOption> options) {
  std::string names;
  for (const CtlOption& option : options) {
    names += (names.empty() ? "" : " ") + std::string(option.name);
  }
  return names;
}

std::string verbs() {
  std::string names;
  for (const CtlVerb& verb : ctl_verbs()) {
    names += (names.empty() ? "" : " ") + std::string(verb.name);
  }
  return names;
}

// In single quotes, for any of the shells.
std::string quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return quoted + "'";
}

// Of a help text, what fits beside a name.
std::string_view first_sentence(std::string_view help) {
  const std::size_t end = help.find_first_of(".;:");
  return help.substr(0, end);
}

std::string bash_script() {
  std::string all;
  std::string valued;
  for (const Word& option : options()) {
    all += " " + option.name;
    valued += option.takes_value ? (valued.empty() ? "" : "|") + option.name : "";
  }
  std::string script =
      "# bash completion for appserverd, made by `appserverd completion bash`.\n"
      "_appserverd_ctl() {\n"
      "  local i verb= words=\n"
      "  for ((i = 2; i < COMP_CWORD; ++i)); do\n"
      "    case ${COMP_WORDS[i]} in\n"
      "      -s|--server) ((++i)) ;;\n"
      "      -*) ;;\n"
      "      *) verb=${COMP_WORDS[i]}; break ;;\n"
      "    esac\n"
      "  done\n"
      "  case $verb in\n"
      "    '') words='" +
      verbs() + " -s " + names_of(ctl_general_options()) + "' ;;\n";
  for (const CtlVerb& verb : ctl_verbs()) {
    std::string words = names_of(verb.options);
    if (verb.command == CtlCommand::Logs) {
      words = "reopen level debug info warning error";
    }
    script += "    " + std::string(verb.name) + ") words='" + words + " --json' ;;\n";
  }
  script +=
      "  esac\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n"
      "  [[ $verb == deploy && ${#COMPREPLY[@]} -eq 0 ]] && compopt -o default 2> /dev/null\n"
      "  return 0\n"
      "}\n"
      "_appserverd() {\n"
      "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}\n"
      "  COMPREPLY=()\n"
      "  if ((COMP_CWORD > 1)) && [[ ${COMP_WORDS[1]} == ctl ]]; then\n"
      "    _appserverd_ctl\n"
      "    return 0\n"
      "  fi\n"
      "  if ((COMP_CWORD == 2)) && [[ ${COMP_WORDS[1]} == completion ]]; then\n"
      "    COMPREPLY=($(compgen -W 'bash zsh fish' -- \"$current\"))\n"
      "    return 0\n"
      "  fi\n"
      "  case $previous in\n"
      "    " +
      valued +
      ") compopt -o default 2> /dev/null; return 0 ;;\n"
      "  esac\n"
      "  if [[ $current == -* ]]; then\n"
      "    COMPREPLY=($(compgen -W '" +
      all.substr(1) +
      "' -- \"$current\"))\n"
      "  else\n"
      "    ((COMP_CWORD == 1)) && COMPREPLY=($(compgen -W '" +
      std::string(kSubCommands) +
      "' -- \"$current\"))\n"
      "    compopt -o default 2> /dev/null\n"
      "  fi\n"
      "  return 0\n"
      "}\n"
      "complete -F _appserverd appserverd\n";
  return script;
}

// "[" and "]" end a description there, and ":" what stands before it.
std::string zsh_description(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    escaped +=
        c == '[' || c == ']' || c == ':' || c == '\\' ? std::string{'\\', c} : std::string(1, c);
  }
  return escaped;
}

std::string zsh_script() {
  std::string script =
      "#compdef appserverd\n"
      "# zsh completion for appserverd, made by `appserverd completion zsh`.\n"
      "_appserverd_ctl() {\n"
      "  local -a verbs\n"
      "  verbs=(\n";
  for (const CtlVerb& verb : ctl_verbs()) {
    script += "    " +
              quoted(std::string(verb.name) + ":" + zsh_description(first_sentence(verb.help))) +
              "\n";
  }
  script +=
      "  )\n"
      "  local context state line\n"
      "  _arguments -C '(-s --server)'{-s,--server}'[which server]:server:_files' "
      "'--json[for programs]' '1:command:->verb' '*::argument:->rest'\n"
      "  case $state in\n"
      "    verb) _describe command verbs ;;\n"
      "    rest)\n"
      "      case $line[1] in\n";
  for (const CtlVerb& verb : ctl_verbs()) {
    std::string arguments;
    for (const CtlOption& option : verb.options) {
      arguments += " " + quoted(std::string(option.name) + "[" +
                                zsh_description(first_sentence(option.help)) + "]" +
                                (option.metavar.empty() ? "" : ":" + std::string(option.metavar)));
    }
    if (verb.command == CtlCommand::Deploy) {
      arguments += " '1:file:_files'";
    } else if (verb.command == CtlCommand::Logs) {
      arguments += " '1:what:(reopen level)' '2:level:(debug info warning error)'";
    }
    if (!arguments.empty()) {
      script += "        " + std::string(verb.name) + ") _arguments" + arguments + " ;;\n";
    }
  }
  script +=
      "      esac ;;\n"
      "  esac\n"
      "}\n"
      "_appserverd() {\n"
      "  if ((CURRENT > 2)) && [[ $words[2] == ctl ]]; then\n"
      "    shift words\n"
      "    ((CURRENT--))\n"
      "    _appserverd_ctl\n"
      "    return\n"
      "  fi\n"
      "  if ((CURRENT == 3)) && [[ $words[2] == completion ]]; then\n"
      "    compadd bash zsh fish\n"
      "    return\n"
      "  fi\n"
      "  ((CURRENT == 2)) && compadd " +
      std::string(kSubCommands) +
      "\n"
      "  _arguments";
  for (const Word& option : options()) {
    script +=
        " \\\n    " + quoted(option.name + "[" + zsh_description(first_sentence(option.help)) +
                             "]" + (option.takes_value ? ":value:_files" : ""));
  }
  return script + " \\\n    '*:app:_files -g \"*.so\"'\n}\n_appserverd \"$@\"\n";
}

std::string fish_script() {
  std::string script =
      "# fish completion for appserverd, made by `appserverd completion fish`.\n"
      "complete -c appserverd -n __fish_use_subcommand -a '" +
      std::string(kSubCommands) + "'\n" +
      "complete -c appserverd -n '__fish_seen_subcommand_from completion' -f -a 'bash zsh fish'\n";
  for (const Word& option : options()) {
    script += "complete -c appserverd -n 'not __fish_seen_subcommand_from ctl' -l " +
              option.name.substr(2) + (option.takes_value ? " -r" : "") + " -d " +
              quoted(first_sentence(option.help)) + "\n";
  }
  const std::string in_ctl = "__fish_seen_subcommand_from ctl";
  for (const CtlVerb& verb : ctl_verbs()) {
    script += "complete -c appserverd -n '" + in_ctl + "' -f -a " + std::string(verb.name) +
              " -d " + quoted(first_sentence(verb.help)) + "\n";
    for (const CtlOption& option : verb.options) {
      script += "complete -c appserverd -n '" + in_ctl + "; and __fish_seen_subcommand_from " +
                std::string(verb.name) + "' -l " + std::string(option.name.substr(2)) +
                (option.metavar.empty() ? "" : " -x") + " -d " +
                quoted(first_sentence(option.help)) + "\n";
    }
  }
  script += "complete -c appserverd -n '" + in_ctl +
            "; and __fish_seen_subcommand_from deploy' -F\n" + "complete -c appserverd -n '" +
            in_ctl + "' -s s -l server -r -d 'Which server'\n" + "complete -c appserverd -n '" +
            in_ctl + "' -l json -d 'For programs'\n";
  return script;
}

}  // namespace

std::optional<std::string> completion_script(std::string_view shell) {
  if (shell == "bash") {
    return bash_script();
  }
  if (shell == "zsh") {
    return zsh_script();
  }
  return shell == "fish" ? std::optional(fish_script()) : std::nullopt;
}

}  // namespace appserver::config
