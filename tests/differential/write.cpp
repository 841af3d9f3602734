// A program as script text.
#include "program.h"

namespace tracer::differential {

namespace {

const char* operator_text(Op op) {
  switch (op) {
    case Op::Add:
      return "+";
    case Op::Subtract:
      return "-";
    case Op::Multiply:
      return "*";
    case Op::Divide:
      return "/";
    case Op::Modulo:
      return "%";
    case Op::And:
      return "&";
    case Op::Or:
      return "|";
    case Op::Xor:
      return "^";
    case Op::ShiftLeft:
      return "<<";
    case Op::ShiftRight:
      return ">>";
    case Op::Equal:
      return "==";
    case Op::NotEqual:
      return "!=";
    case Op::Less:
      return "<";
    case Op::LessEqual:
      return "<=";
    case Op::Greater:
      return ">";
    case Op::GreaterEqual:
      return ">=";
    case Op::Both:
      return "&&";
    case Op::Either:
      return "||";
    default:
      return "?";
  }
}

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    if (c == '\n') {
      result += "\\n";
    } else {
      result += c;
    }
  }
  return result + "\"";
}

class Writer {
 public:
  explicit Writer(const Program& program) : program_(program) {}

  std::string script() {
    for (size_t i = 0; i < program_.macros.size(); ++i) macro(i);
    for (size_t i = 0; i < program_.functions.size(); ++i) function(i);
    clause(program_.inputs);
    clause(program_.body);
    return out_;
  }

 private:
  std::string name(const char* stem, size_t index) const {
    return stem + std::to_string(index) + program_.suffix;
  }

  std::string list(const std::vector<ExprPtr>& arguments) {
    std::string text;
    for (const ExprPtr& each : arguments) text += (text.empty() ? "" : ", ") + expr(*each);
    return text;
  }

  std::string map(uint32_t index, const std::vector<ExprPtr>& keys) {
    std::string text = "@" + program_.maps[index].name + program_.suffix;
    return keys.empty() ? text : text + "[" + list(keys) + "]";
  }

  // As one argument of has_key() and delete().
  std::string key(const std::vector<ExprPtr>& keys) {
    return keys.size() == 1 ? expr(*keys[0]) : "(" + list(keys) + ")";
  }

  static std::string variable(uint32_t index) { return "$v" + std::to_string(index); }

  std::string made_tuple(const Expr& e) {
    std::string text = "(";
    for (size_t i = 0; i < e.arguments.size(); ++i) {
      if (i) text += ", ";
      if (e.type.is(Ty::Kind::Record)) text += "f" + std::to_string(i) + " = ";
      text += expr(*e.arguments[i]);
    }
    return text + ")";
  }

  std::string expr(const Expr& e) {
    auto argument = [&](size_t i) { return expr(*e.arguments[i]); };
    std::string map_name =
        e.op == Op::HasKey || e.op == Op::Delete || e.op == Op::MapLength ? map(e.index, {}) : "";
    switch (e.op) {
      case Op::Literal:
        return std::to_string(static_cast<int64_t>(e.value.number));
      case Op::True:
        return "true";
      case Op::False:
        return "false";
      case Op::TextLiteral:
        return quoted(e.value.bytes);
      case Op::Variable:
        return variable(e.index);
      case Op::MapValue:
        return map(e.index, e.arguments);
      case Op::AggregateValue:
        return "(" + type_name(e.type) + ")" + map(e.index, e.arguments);
      case Op::HasKey:
        return "has_key(" + map_name + ", " + key(e.arguments) + ")";
      case Op::Delete:
        return "delete(" + map_name + ", " + key(e.arguments) + ")";
      case Op::MapLength:
        return "len(" + map_name + ")";
      case Op::Negate:
        return "(-" + argument(0) + ")";
      case Op::Complement:
        return "(~" + argument(0) + ")";
      case Op::Not:
        return "(!" + argument(0) + ")";
      case Op::Cast:
        return "(" + type_name(e.type) + ")(" + argument(0) + ")";
      case Op::Choose:
        return "(" + argument(0) + " ? " + argument(1) + " : " + argument(2) + ")";
      case Op::Elvis:
        return "(" + argument(0) + " ?: " + argument(1) + ")";
      case Op::IfElse:
        return "(if (" + argument(0) + ") { " + argument(1) + " } else { " + argument(2) + " })";
      case Op::StringLength:
        return "strlen(" + argument(0) + ")";
      case Op::ByteAt:
        return argument(0) + "[" + std::to_string(e.index) + "]";
      case Op::Contains:
        return "strcontains(" + argument(0) + ", " + argument(1) + ")";
      case Op::Find:
        return "strstr(" + argument(0) + ", " + argument(1) + ")";
      case Op::Concat:
        return "str_concat(" + argument(0) + ", " + argument(1) + ")";
      case Op::DiffersBefore:
        return "strncmp(" + argument(0) + ", " + argument(1) + ", " + std::to_string(e.index) + ")";
      case Op::Element:
        return argument(0) + (e.arguments[0]->type.is(Ty::Kind::Record) ? ".f" : ".") +
               std::to_string(e.index);
      case Op::MakeTuple:
        return made_tuple(e);
      case Op::PreIncrement:
        return "++" + variable(e.index);
      case Op::PreDecrement:
        return "--" + variable(e.index);
      case Op::PostIncrement:
        return variable(e.index) + "++";
      case Op::PostDecrement:
        return variable(e.index) + "--";
      case Op::MacroCall:
        return name("m", e.index) + "(" + list(e.arguments) + ")";
      case Op::FunctionCall:
        return name("f", e.index) + "(" + list(e.arguments) + ")";
      default:
        return "(" + argument(0) + " " + operator_text(e.op) + " " + argument(1) + ")";
    }
  }

  void line(const std::string& text) { out_ += std::string(2 * depth_, ' ') + text + "\n"; }

  void block(const Block& statements) {
    ++depth_;
    for (const Statement& statement : statements) write(statement);
    --depth_;
  }

  void nested(const std::string& head, const Block& body) {
    line(head + " {");
    block(body);
  }

  void write(const Statement& s) {
    switch (s.kind) {
      case Statement::Kind::Declare: {
        const Variable& info = (*variables_)[s.target];
        std::string type = info.declared ? ": " + type_name(info.type) : "";
        return line("let " + variable(s.target) + type + " = " + expr(*s.arguments[0]) + ";");
      }
      case Statement::Kind::Assign:
        return line(variable(s.target) + " = " + expr(*s.arguments[0]) + ";");
      case Statement::Kind::Compound:
        return line(variable(s.target) + " " + operator_text(s.op) + "= " + expr(*s.arguments[0]) + ";");
      case Statement::Kind::Evaluate:
        return line("_ = " + expr(*s.arguments[0]) + ";");
      case Statement::Kind::StoreMap:
        return line(map(s.target, s.keys) + " = " + expr(*s.arguments[0]) + ";");
      case Statement::Kind::CompoundMap:
        return line(map(s.target, s.keys) + " " + operator_text(s.op) + "= " + expr(*s.arguments[0]) + ";");
      case Statement::Kind::IncrementMap:
        return line(map(s.target, s.keys) + (s.op == Op::PostIncrement ? "++;" : "--;"));
      case Statement::Kind::Aggregate:
        return line(map(s.target, s.keys) + " = " + aggregate(program_.maps[s.target], s) + ";");
      case Statement::Kind::Delete:
        return line("delete(" + map(s.target, {}) + ", " + key(s.keys) + ");");
      case Statement::Kind::If:
        nested("if (" + expr(*s.arguments[0]) + ")", s.body);
        if (!s.otherwise.empty()) nested("} else", s.otherwise);
        return line("}");
      case Statement::Kind::Range:
        nested(
            "for (" + variable(s.target) + " : " + expr(*s.arguments[0]) + ".." + expr(*s.arguments[1]) + ")",
            s.body);
        return line("}");
      case Statement::Kind::Unroll:
        nested("unroll (" + std::to_string(s.count) + ")", s.body);
        return line("}");
      case Statement::Kind::While:
        nested("while (" + expr(*s.arguments[0]) + ")", s.body);
        return line("}");
      case Statement::Kind::ForMap:
        return line("for ($kv : " + map(s.count, {}) + ") { " + variable(s.target) + " += (int64)$kv." +
                    (s.op == Op::Element ? "0" : "1") + "; }");
      case Statement::Kind::Break:
        return line("break;");
      case Statement::Kind::Continue:
        return line("continue;");
      case Statement::Kind::Return:
        return line(s.arguments.empty() ? "return;" : "return " + expr(*s.arguments[0]) + ";");
      case Statement::Kind::Print:
        return line("print(" + expr(*s.arguments[0]) + ");");
      case Statement::Kind::Printf:
        return line("printf(" + quoted(s.format) + (s.arguments.empty() ? "" : ", ") + list(s.arguments) +
                    ");");
    }
  }

  std::string aggregate(const Map& map, const Statement& s) {
    std::string argument = s.arguments.empty() ? "" : expr(*s.arguments[0]);
    switch (map.aggregate) {
      case Aggregate::Count:
        return "count()";
      case Aggregate::Sum:
        return "sum(" + argument + ")";
      case Aggregate::Min:
        return "min(" + argument + ")";
      case Aggregate::Max:
        return "max(" + argument + ")";
      case Aggregate::Avg:
        return "avg(" + argument + ")";
      case Aggregate::Stats:
        return "stats(" + argument + ")";
      case Aggregate::Hist:
        return "hist(" + argument + ", " + std::to_string(map.hist_bits) + ")";
      default:
        return "lhist(" + argument + ", " + std::to_string(map.low) + ", " + std::to_string(map.high) + ", " +
               std::to_string(map.step) + ")";
    }
  }

  void macro(size_t index) {
    const Macro& each = program_.macros[index];
    std::string parameters;
    for (uint32_t i = 0; i < each.parameters; ++i) parameters += (i ? ", a" : "a") + std::to_string(i);
    line("macro " + name("m", index) + "(" + parameters + ") { " + each.body + " }");
  }

  void function(size_t index) {
    const Function& each = program_.functions[index];
    std::string parameters;
    for (size_t i = 0; i < each.parameters.size(); ++i)
      parameters +=
          (i ? ", " : "") + variable(static_cast<uint32_t>(i)) + ": " + type_name(each.parameters[i]);
    variables_ = &each.variables;
    nested("fn " + name("f", index) + "(" + parameters + ") : " + type_name(each.result), each.body);
    line("}");
  }

  void clause(const Block& body) {
    if (body.empty()) return;
    variables_ = &program_.variables;
    nested("begin", body);
    line("}");
  }

  const Program& program_;
  const std::vector<Variable>* variables_ = nullptr;
  size_t depth_ = 0;
  std::string out_;
};

}  // namespace

std::string script_of(const Program& program) { return Writer(program).script(); }

}  // namespace tracer::differential
