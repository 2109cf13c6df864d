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
