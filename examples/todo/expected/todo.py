import json
import sys

def load_todo():
    try:
        with open('todo.json', 'r') as file:
            return json.load(file)
    except FileNotFoundError:
        return []

def save_todo(todo):
    with open('todo.json', 'w') as file:
        json.dump(todo, file, indent=4)

def add_item(todo, text):
    if not text.strip():
        print("wrong arguments", file=sys.stderr)
        return 2
    item_id = len(todo) + 1
    todo.append({'id': item_id, 'text': text.strip(), 'done': False})
    save_todo(todo)
    print(f"added {item_id}")

def list_items(todo, open_only=False):
    for item in todo:
        if open_only and not item['done']:
            print(f"{item['id']} [ ] {item['text']}")
        elif not open_only and item['done']:
            print(f"{item['id']} [x] {item['text']}")
        else:
            print(f"{item['id']} [ ] {item['text']}")

def done_item(todo, item_id):
    for item in todo:
        if item['id'] == item_id:
            item['done'] = True
            save_todo(todo)
            print(f"done {item_id}")
            return
    print("wrong arguments", file=sys.stderr)
    return 2

def remove_item(todo, item_id):
    for item in todo:
        if item['id'] == item_id:
            todo.remove(item)
            save_todo(todo)
            print(f"removed {item_id}")
            return
    print("wrong arguments", file=sys.stderr)
    return 2

def count_items(todo):
    open_count = sum(1 for item in todo if not item['done'])
    done_count = sum(1 for item in todo if item['done'])
    print(f"OPEN {open_count}, DONE {done_count}")

def main():
    command, *rest = sys.argv[1:] or [""]
    if command == "add":
        add_item(load_todo(), rest[0])
    elif command == "list":
        list_items(load_todo())
    elif command == "list --open":
        list_items(load_todo(), True)
    elif command == "done":
        done_item(load_todo(), rest[0])
    elif command == "remove":
        remove_item(load_todo(), rest[0])
    elif command == "count":
        count_items(load_todo())
    else:
        print("wrong arguments", file=sys.stderr)
        return 2

    return 0

if __name__ == "__main__":
    sys.exit(main())
