import sys

def main():
    if len(sys.argv) != 2:
        print("wrong arguments", file=sys.stderr)
        return 2

    try:
        seconds = int(sys.argv[1])
    except ValueError:
        print("wrong arguments", file=sys.stderr)
        return 2

    if seconds < 0:
        print("wrong arguments", file=sys.stderr)
        return 2

    hours = seconds // 3600
    minutes = (seconds % 3600) // 60
    seconds = seconds % 60

    print(f"{hours}h {minutes}m {seconds}s")

if __name__ == "__main__":
    sys.exit(main())
