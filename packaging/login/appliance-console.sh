# Root who logs in on a box that nobody has claimed is asked to, each time until it is: setup is all that such a box answers.
if [ -t 0 ] && [ -t 1 ] && [ "$(id -u)" = 0 ] && [ ! -e /etc/appliance/claimed.json ] && [ -x /usr/lib/appliance/appliance ]; then
  printf 'This box has not been claimed yet. Claim it now? [Y/n] '
  read -r appliance_answer || appliance_answer=n # a line that was cut is no yes
  case $appliance_answer in
    [nN]*) ;;
    *) /usr/lib/appliance/appliance setup || true ;;
  esac
  unset appliance_answer
fi
# On the serial line people of the box meet its console instead of a shell; administrators get their shell when they leave it.
if [ -t 0 ] && [ -t 1 ] && [ -z "${APPLIANCE_CONSOLE:-}" ] && [ "$(id -u)" != 0 ]; then
  case " $(id -Gn) " in
    *" appliance-admin "*)
      export APPLIANCE_CONSOLE=1
      /usr/lib/appliance/appliance console || true
      ;;
    *" appliance-operator "* | *" appliance-viewer "*)
      export APPLIANCE_CONSOLE=1
      exec /usr/lib/appliance/appliance console
      ;;
  esac
fi
