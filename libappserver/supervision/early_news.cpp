#include "supervision/early_news.h"

#include <utility>

namespace appserver::supervision {

News EarlyNews::take(Pid pid) {
  auto node = news_.extract(pid);
  return node.empty() ? News{} : std::move(node.mapped());
}

}  // namespace appserver::supervision
